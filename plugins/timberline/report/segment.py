"""One segment of the report: its rows, trials, metrics, release, and the reason of its failure. Pure."""

from typing import Any

from timberline.evaluation.gate import Action, Decision
from timberline.evaluation.metrics import Evaluation, metric_key
from timberline.jobs.remote import JobStatus
from timberline.jobs.selection import BestParameters
from timberline.report.results import RunResults, of_segment
from timberline.run.errors import RolledBack
from timberline.run.identity import ALL_SEGMENTS
from timberline.spec.metric import Metric, MetricGoal

_UNFINISHED = "not finished; the log of its first failed task says why"


def segment_report(results: RunResults, segment: str) -> dict[str, Any]:
    """Return the entry of one segment."""
    steps, jobs, data_set = results.steps, results.jobs, results.plan.data_set
    best, evaluation = of_segment(steps.best, segment), of_segment(steps.evaluations, segment)
    challenger, outcome = of_segment(steps.challengers, segment), of_segment(steps.outcomes, segment)
    tuning, training = jobs.tuning.get(segment), jobs.training.get(segment)
    return {
        "segment": segment,
        "name": data_set.segment_names.get(segment, segment),
        "rows": _rows(results, segment),
        "trials": _trials(tuning, best, jobs.finished_trials.get(segment)),
        "best_trial": best.trial if best else None,
        "best_params": dict(best.parameters) if best else None,
        "validation": _validation(best, tuning),
        "metric": _test_metric(results.plan.metric, evaluation),
        "test": dict(evaluation.metrics) if evaluation else None,
        "seconds": {"tune": _seconds(tuning), "train": _seconds(training)},
        "model_uri": evaluation.model_uri if evaluation else None,
        "model_version": challenger.name if challenger else None,
        **_release(results, segment),
        "endpoint": outcome.endpoint if outcome else None,
        "error": _error(results, segment),
    }


def _rows(results: RunResults, segment: str) -> dict[str, int]:
    """Return the rows of a segment by split; all rows if the data set does not tell segments apart."""
    split = results.steps.split
    by_segment = split.segment_rows if segment != ALL_SEGMENTS else {}
    return dict(by_segment.get(segment, {} if by_segment else split.rows))


def _trials(tuning: JobStatus | None, best: BestParameters | None, finished: int | None) -> dict[str, Any] | None:
    """Count trials by their end.

    A trial that the service stopped counts as succeeded, but writes no metrics. A run without tuning that has chosen
    parameters all the same has no trials.
    """
    if tuning is not None and tuning.study is not None:
        counts = tuning.study.counts()
        return {**counts, "stopped": None if finished is None else max(0, counts["succeeded"] - finished)}
    if best is not None and best.trial is None:
        return {"total": 0, "succeeded": 0, "infeasible": 0, "stopped": 0}
    return None


def _validation(best: BestParameters | None, tuning: JobStatus | None) -> dict[str, Any] | None:
    """Return the study's metric of the best trial."""
    if best is None or best.metric is None:
        return None
    goal = tuning.study.goal if tuning is not None and tuning.study is not None else MetricGoal.MAXIMIZE
    return {**Metric(name=best.metric, goal=goal).to_json(), "value": best.value}


def _test_metric(metric: Metric, evaluation: Evaluation | None) -> dict[str, Any] | None:
    """Return the gate's metric of the trained model on the test split."""
    if evaluation is None:
        return None
    return {**metric.to_json(), "value": evaluation.metrics.get(metric_key(metric.name))}


def _release(results: RunResults, segment: str) -> dict[str, Any]:
    """Return what became of the challenger: the gate's decision, and how the steps after the gate ended."""
    decision, smoke = of_segment(results.steps.decisions, segment), of_segment(results.steps.smokes, segment)
    return {
        "decision": _final_decision(results, decision) if decision else None,
        "smoke": {"rows": smoke.rows, "max_abs_difference": smoke.max_abs_difference} if smoke else None,
        "predictions": list(smoke.samples) if smoke else [],
    }


def _final_decision(results: RunResults, decision: Decision) -> dict[str, Any]:
    shown = {key: value for key, value in decision.to_json().items() if key != "segment"}
    if decision.action is not Action.PROMOTE:
        return shown
    if of_segment(results.steps.outcomes, decision.segment):
        return shown | {"action": Action.PROMOTED.value}
    note = results.failures.get(decision.segment)
    action = Action.ROLLED_BACK if note and note.type == RolledBack.__name__ else Action.FAILED
    return shown | {"action": action.value, "reason": note.error if note else _UNFINISHED}


def _error(results: RunResults, segment: str) -> str | None:
    """Return why a segment failed; None if it succeeded."""
    decision, jobs = of_segment(results.steps.decisions, segment), results.jobs
    is_rejected = decision is not None and decision.action is Action.REJECTED
    if is_rejected or of_segment(results.steps.outcomes, segment):
        return None
    for status in (jobs.training.get(segment), jobs.tuning.get(segment)):
        if status is not None and status.problem:
            return status.problem
    if note := results.failures.get(segment):
        return note.text
    return _UNFINISHED if segment in jobs.tuning or segment in jobs.training else "not submitted"


def _seconds(status: JobStatus | None) -> float | None:
    return round(status.seconds, 1) if status is not None and status.seconds is not None else None
