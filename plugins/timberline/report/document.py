"""The report of a run in JSON form. Pure; `timberline.report.tables` is what a person reads of it.

report.json:
    run_key, dag_id, run_id
    segments[]     cover_type (a number, or "all"), name, rows {train, validation, test} (of this class),
                   trials {total, succeeded, infeasible, stopped}, best_trial, best_params {name: value},
                   validation {metric of the study: value},
                   test {f1 or f1_macro, accuracy, precision, recall, roc_auc, pr_auc, log_loss, rows},
                   seconds {tune, train}, model_uri, model_version (projects/.../models/<id>@<version>),
                   decision {action (promoted, rejected, rolled_back, failed), reason, metric,
                   challenger {version, value, error}, champion (the same, or null where none was in service)},
                   smoke {rows, max_abs_difference},
                   predictions[] {label, predicted, and where the model gives one probability},
                   endpoint (where the version answers; null where it is not served),
                   error (null where it succeeded; a rejected challenger is a success)
    macro_f1       the mean of the segments' test F1; null where no segment succeeded
    classes        what each class is called
    serving        endpoint, ephemeral, none
    cost_bound_usd what the run's jobs could have cost at most on Google Cloud, by include/prices.yaml
    data           source (file, published, generated, table), table, rows {train, validation, test}
    timings        total_s, and tune_s, train_s: from the first submission of the step to the end of its last job

What a failed segment did not reach is null. Metrics that the rows do not define are null.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.data.splitting import SPLITS
from timberline.evaluation.gate import Action
from timberline.evaluation.metrics import metric_key
from timberline.jobs.remote import JobStatus
from timberline.run.errors import JobsFailed, RolledBack
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import ALL_SEGMENTS, RunIdentity

_UNFINISHED = "not finished; the log of its first failed task says why"
GENERATED_NOTE = "The rows are generated: figures made from them say nothing about the real data."


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResults:
    """What the steps of a run returned.

    Attributes:
        run: the run.
        segments: all segments of the run, as text.
        names: what each segment is called.
        load: the result of `LoadTableOperator`.
        split: the result of `BigQuerySplitOperator`.
        best: the results of `PickBestParametersOperator`.
        evaluations: the result of `EvaluateOperator`.
        challengers: the results of `RegisterModelOperator`.
        decisions: the results of `GateOperator`.
        smokes: the results of `SmokePredictOperator`.
        outcomes: the results of `PromoteModelOperator`.
        failures: the last failed step of each segment that had one.
        serving: where versions are served.
        cost_bound_usd: what `PlanSegmentsOperator` stated; None where it did not.
        tuning, training: the jobs of the two steps, by segment.
        finished_trials: how many trials of each segment ran to their end.
        total_s: seconds since the run began.
    """

    run: RunIdentity
    segments: Sequence[str]
    names: Mapping[str, str]
    load: Mapping[str, Any]
    split: Mapping[str, Any]
    best: Sequence[Mapping[str, Any]]
    evaluations: Sequence[Mapping[str, Any]]
    challengers: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]]
    smokes: Sequence[Mapping[str, Any]]
    outcomes: Sequence[Mapping[str, Any]]
    failures: Mapping[str, FailureNote]
    serving: str
    cost_bound_usd: float | None
    tuning: Mapping[str, JobStatus]
    training: Mapping[str, JobStatus]
    finished_trials: Mapping[str, int]
    total_s: float


def build_report(results: RunResults) -> dict[str, Any]:
    """Return the JSON form."""
    segments = [_segment(results, segment) for segment in results.segments]
    scores = [score for each in segments if (score := f1_of(each["test"])) is not None]
    return {
        "run_key": results.run.run_key,
        "dag_id": results.run.dag_id,
        "run_id": results.run.run_id,
        "segments": segments,
        "serving": results.serving,
        "cost_bound_usd": results.cost_bound_usd,
        "macro_f1": sum(scores) / len(scores) if scores else None,
        "classes": dict(results.names),
        "data": {
            "source": results.load["source"],
            "table": results.load["table"],
            "rows": {split: results.split["rows"][split] for split in SPLITS},
        },
        "timings": {
            "total_s": round(results.total_s, 1),
            "tune_s": _span_s(results.tuning.values()),
            "train_s": _span_s(results.training.values()),
        },
    }


def f1_of(test: Mapping[str, Any] | None) -> float | None:
    """Return a model's F1 on the test split: of a model of several classes their mean."""
    found = test or {}
    score: float | None = found.get("f1", found.get("f1_macro"))
    return score


def check_success(report: Mapping[str, Any], min_success: int | None, *, segment_label: str) -> None:
    """Check that enough segments succeeded.

    Raises:
        JobsFailed: they did not; the message names each failed one with its reason.
    """
    failed = [each for each in report["segments"] if each["error"]]
    succeeded = len(report["segments"]) - len(failed)
    wanted = len(report["segments"]) if min_success is None else min_success
    if succeeded < wanted:
        lines = [f"{segment_label} {each['cover_type']}: {each['error']}" for each in failed]
        raise JobsFailed("\n".join([f"{succeeded} of {succeeded + len(failed)} succeeded, expected {wanted}", *lines]))


def _segment(results: RunResults, segment: str) -> dict[str, Any]:
    best, evaluation = _of(results.best, segment), _of(results.evaluations, segment)
    challenger, outcome = _of(results.challengers, segment), _of(results.outcomes, segment)
    tuning, training = results.tuning.get(segment), results.training.get(segment)
    return {
        "cover_type": segment if segment == ALL_SEGMENTS else int(segment),
        "name": results.names.get(segment, segment),
        "rows": dict(
            results.split["segment_rows"].get(segment, {}) if segment != ALL_SEGMENTS else results.split["rows"]
        ),
        "trials": _trials(tuning, results.finished_trials.get(segment)),
        "best_trial": best["trial"] if best else None,
        "best_params": dict(best["parameters"]) if best else None,
        "validation": {metric_key(best["metric"]): best["value"]} if best else None,
        "test": dict(evaluation["metrics"]) if evaluation else None,
        "seconds": {
            "tune": _rounded(tuning.seconds if tuning else None),
            "train": _rounded(training.seconds if training else None),
        },
        "model_uri": evaluation["model_uri"] if evaluation else None,
        "model_version": f"{challenger['model']}@{challenger['version']}" if challenger else None,
        **_release(results, segment),
        "endpoint": outcome["endpoint"] if outcome else None,
        "error": _error(results, segment),
    }


def _of(found: Sequence[Mapping[str, Any]], segment: str) -> Mapping[str, Any] | None:
    return next((each for each in found if each["segment"] == segment), None)


def _release(results: RunResults, segment: str) -> dict[str, Any]:
    """Return what became of the challenger: the gate's decision as the steps after it carried it out."""
    decision, smoke = _of(results.decisions, segment), _of(results.smokes, segment)
    return {
        "decision": _carried_out(results, decision) if decision else None,
        "smoke": {key: smoke[key] for key in ("rows", "max_abs_difference")} if smoke else None,
        "predictions": list(smoke["samples"]) if smoke else [],
    }


def _carried_out(results: RunResults, decision: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: decision[key] for key in ("action", "reason", "metric", "challenger", "champion")}
    if decision["action"] != Action.PROMOTE:
        return shown
    if _of(results.outcomes, decision["segment"]):
        return shown | {"action": Action.PROMOTED.value}
    note = results.failures.get(decision["segment"])
    action = Action.ROLLED_BACK if note and note.type == RolledBack.__name__ else Action.FAILED
    return shown | {"action": action.value, "reason": note.error if note else _UNFINISHED}


def _trials(tuning: JobStatus | None, finished: int | None) -> dict[str, int | None] | None:
    """Count trials by their end; one that the service stopped succeeds all the same, but leaves no metrics behind."""
    if tuning is None or tuning.study is None:
        return None
    counts = tuning.study.counts()
    stopped = None if finished is None else max(0, counts["succeeded"] - finished)
    return {**counts, "stopped": stopped}


def _error(results: RunResults, segment: str) -> str | None:
    """Return why a segment did not come to its end; None where it did."""
    decision = _of(results.decisions, segment)
    is_over = decision is not None and decision["action"] == Action.REJECTED
    if is_over or _of(results.outcomes, segment):
        return None
    for status in (results.training.get(segment), results.tuning.get(segment)):
        if status is not None and status.problem:
            return status.problem
    if note := results.failures.get(segment):
        return note.text
    return _UNFINISHED if segment in results.tuning else "not submitted"


def _span_s(statuses: Iterable[JobStatus]) -> float | None:
    found = list(statuses)
    begins = [status.created_s for status in found if status.created_s is not None]
    ends = [status.ended_s for status in found if status.ended_s is not None]
    return round(max(ends) - min(begins), 1) if begins and ends else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
