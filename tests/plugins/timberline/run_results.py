"""A run of three cover types, as its steps left it, and runs of other tasks."""

from dataclasses import replace
from typing import Any

from tests.plugins.timberline.fares import FARES, ZONES
from timberline.data.datasets.covertype import COVERTYPE, COVERTYPE_MULTICLASS
from timberline.data.results import LoadedTable, SplitTable
from timberline.evaluation.gate import Action, Decision, ScoredVersion
from timberline.evaluation.metrics import Evaluation
from timberline.jobs.remote import JobKind, JobRef, JobStatus, Study
from timberline.jobs.selection import BestParameters, Trial
from timberline.jobs.states import JobState
from timberline.release.results import Challenger, Outcome, SmokeResult
from timberline.report.results import Jobs, Plan, RunResults, StepResults
from timberline.report.summary import Summary, mean_of
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import ALL_SEGMENTS, RunIdentity
from timberline.spec.metric import Metric, MetricGoal

ROWS = {"train": 80, "validation": 10, "test": 10}
F1 = Metric(name="f1-score", goal=MetricGoal.MAXIMIZE)
DECISION = Decision(
    segment="1",
    action=Action.PROMOTE,
    reason="f1-score 0.8000 against 0.7500 of version 3: +0.0500",
    metric=F1,
    challenger=ScoredVersion(version="4", value=0.8),
    champion=ScoredVersion(version="3", value=0.75),
)
_PARENT = "projects/p/locations/l"
_BEST = BestParameters(segment="1", trial="2", metric="f1-score", value=0.75, parameters={"max_depth": 9, "eta": 0.25})
_SMOKE = SmokeResult(
    segment="1",
    rows=20,
    max_abs_difference=2e-9,
    problem=None,
    samples=({"label": 1, "predicted": 1, "probability": 0.9},),
)


def failure(kind: str) -> FailureNote:
    """Return the note of a promotion of cover type 1 that failed."""
    return FailureNote(step="promote", segment="1", error="why it ended", type=kind, final=True)


def run_results(source: str = "file") -> RunResults:
    """Cover type 1 was released, 2 failed while training, 3 while tuning."""
    segments = ["1", "2", "3"]
    return RunResults(
        plan=Plan(
            run=RunIdentity("dag", "run"),
            data_set=COVERTYPE,
            segments=segments,
            serving="endpoint",
            metric=F1,
            summary=Summary(name="macro_f1", title="macro F1", metric="f1"),
            cost_bound_usd=12.5,
        ),
        steps=StepResults(
            load=LoadedTable(table="p.d.t", source=source, rows=100, location="l"),
            split=SplitTable(table="p.d.s", rows=ROWS, segment_rows=dict.fromkeys(segments, ROWS)),
            best=[_BEST, replace(_BEST, segment="2")],
            evaluations=[
                Evaluation(segment="1", model_uri="gs://m/1", metrics={"accuracy": 0.9, "f1": 0.8, "rows": 10})
            ],
            challengers=[_challenger("1")],
            decisions=[DECISION],
            smokes=[_SMOKE],
            outcomes=[_outcome("1")],
        ),
        jobs=Jobs(
            tuning={
                "1": _status(JobKind.TUNING, "1"),
                "2": _status(JobKind.TUNING, "2"),
                "3": _status(JobKind.TUNING, "3", JobState.FAILED, "too many trials failed\nKeyError: 'x'"),
            },
            training={
                "1": _status(JobKind.CUSTOM, "1"),
                "2": _status(JobKind.CUSTOM, "2", JobState.FAILED, "exit status 1"),
            },
            finished_trials={"1": 1, "2": 2},
        ),
        failures={},
        total_s=75.2,
    )


def changed_steps(results: RunResults, **changes: Any) -> RunResults:
    """Return the run with other results of its steps."""
    return replace(results, steps=replace(results.steps, **changes))


def run_results_of_all(predicted: float = 2.0) -> RunResults:
    """One model of all cover types was released; its predictions are classes, without a probability."""
    results = run_results()
    accuracy = Metric(name="accuracy", goal=MetricGoal.MAXIMIZE)
    plan = replace(
        results.plan,
        data_set=COVERTYPE_MULTICLASS,
        segments=[ALL_SEGMENTS],
        metric=accuracy,
        summary=Summary(name="macro_f1", title="macro F1", metric="f1_macro"),
    )
    steps = replace(
        results.steps,
        best=[replace(_BEST, segment=ALL_SEGMENTS, metric="accuracy", value=0.7)],
        evaluations=[
            Evaluation(
                segment=ALL_SEGMENTS, model_uri="gs://m/all", metrics={"accuracy": 0.71, "f1_macro": 0.5, "rows": 10}
            )
        ],
        challengers=[_challenger(ALL_SEGMENTS)],
        decisions=[replace(DECISION, segment=ALL_SEGMENTS, metric=accuracy)],
        smokes=[replace(_SMOKE, segment=ALL_SEGMENTS, samples=({"label": 1, "predicted": predicted},))],
        outcomes=[_outcome(ALL_SEGMENTS)],
    )
    jobs = Jobs(
        tuning={ALL_SEGMENTS: _status(JobKind.TUNING, ALL_SEGMENTS)},
        training={ALL_SEGMENTS: _status(JobKind.CUSTOM, ALL_SEGMENTS)},
        finished_trials={ALL_SEGMENTS: 2},
    )
    return replace(results, plan=plan, steps=steps, jobs=jobs)


def run_results_of_fares() -> RunResults:
    """Models of fares, one per zone, were trained without tuning and released."""
    results = run_results()
    rmse = Metric(name="rmse", goal=MetricGoal.MINIMIZE)
    measured = {"rmse": 3.5, "mae": 1.9, "rows": 10}
    steps = StepResults(
        load=results.steps.load,
        split=SplitTable(table="p.d.s", rows=ROWS, segment_rows=dict.fromkeys(ZONES, ROWS)),
        evaluations=[Evaluation(segment=zone, model_uri="gs://m", metrics=measured) for zone in ZONES],
        challengers=[_challenger(zone) for zone in ZONES],
        decisions=[replace(DECISION, segment=zone, metric=rmse, champion=None) for zone in ZONES],
        smokes=[replace(_SMOKE, segment=ZONES[0], samples=({"label": 12.5, "predicted": 11.875},))],
        outcomes=[_outcome(zone) for zone in ZONES],
    )
    plan = replace(results.plan, data_set=FARES, segments=list(ZONES), metric=rmse, summary=mean_of(rmse))
    training = {zone: _status(JobKind.CUSTOM, zone) for zone in ZONES}
    return replace(results, plan=plan, steps=steps, jobs=Jobs(training=training))


def _challenger(segment: str) -> Challenger:
    return Challenger(
        segment=segment, model=f"{_PARENT}/models/dag-{segment}", version="4", artifact_uri="gs://m", metrics={}
    )


def _outcome(segment: str) -> Outcome:
    return Outcome(segment=segment, version="4", endpoint=f"{_PARENT}/endpoints/dag-{segment}")


def _status(kind: JobKind, segment: str, state: JobState = JobState.SUCCEEDED, error: str = "") -> JobStatus:
    trials = (Trial("1", "SUCCEEDED", {}, 0.5), Trial("2", "SUCCEEDED", {}, 0.75), Trial("3", "INFEASIBLE", {}, None))
    study = Study(metric="f1-score", goal=MetricGoal.MAXIMIZE, max_trials=3, trials=trials, declared={})
    return JobStatus(
        ref=JobRef(kind=kind, name=f"{kind}/{segment}", run_key="x", step="tune", segment=segment),
        state=state,
        error=error,
        created_s=100.0,
        started_s=101.0,
        ended_s=111.5,
        study=study if kind is JobKind.TUNING else None,
    )
