"""A run of three cover types, as its steps left it."""

from dataclasses import replace

from timberline.jobs.remote import JobKind, JobRef, JobStatus, Study
from timberline.jobs.selection import Trial
from timberline.jobs.states import JobState
from timberline.report.document import RunResults
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import ALL_SEGMENTS, RunIdentity
from timberline.spec.metric import MetricGoal

ROWS = {"train": 80, "validation": 10, "test": 10}
DECISION_SHOWN = {
    "action": "promote",
    "reason": "f1-score 0.8000 against 0.7500 of version 3: +0.0500",
    "metric": {"name": "f1-score", "goal": "MAXIMIZE"},
    "challenger": {"version": "4", "value": 0.8, "error": None},
    "champion": {"version": "3", "value": 0.75, "error": None},
}
DECISION = {"segment": "1", **DECISION_SHOWN}


def failure(kind: str) -> FailureNote:
    """Return the note of a promotion of cover type 1 that failed."""
    return FailureNote(step="promote", segment="1", error="why it ended", type=kind, final=True)


def run_results(source: str = "file") -> RunResults:
    """Cover type 1 was released, 2 failed while training, 3 while tuning."""
    best = {"trial": "2", "metric": "f1-score", "value": 0.75, "parameters": {"max_depth": 9, "eta": 0.25}}
    parent = "projects/p/locations/l"
    return RunResults(
        run=RunIdentity("dag", "run"),
        segments=["1", "2", "3"],
        names={"1": "Spruce/Fir", "2": "Lodgepole Pine", "3": "Ponderosa Pine"},
        load={"source": source, "table": "p.d.t"},
        split={"rows": ROWS, "segment_rows": {"1": ROWS, "2": ROWS, "3": ROWS}},
        best=[{"segment": "1", **best}, {"segment": "2", **best}],
        evaluations=[{"segment": "1", "model_uri": "gs://m/1", "metrics": {"f1": 0.8, "accuracy": 0.9, "rows": 10}}],
        challengers=[{"segment": "1", "model": f"{parent}/models/dag-1", "version": "4"}],
        decisions=[DECISION],
        smokes=[
            {
                "segment": "1",
                "rows": 20,
                "max_abs_difference": 2e-9,
                "problem": None,
                "samples": [{"label": 1, "predicted": 1, "probability": 0.9}],
            }
        ],
        outcomes=[{"segment": "1", "version": "4", "endpoint": f"{parent}/endpoints/dag-1"}],
        failures={},
        serving="endpoint",
        cost_bound_usd=12.5,
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
        total_s=75.2,
    )


def run_results_of_all(predicted: float = 2.0) -> RunResults:
    """One model of all cover types was released; its answers are classes, without a probability."""
    results = run_results()
    metrics = {"f1_macro": 0.5, "accuracy": 0.71, "rows": 10}
    sample = {"label": 1, "predicted": predicted}
    return replace(
        results,
        segments=[ALL_SEGMENTS],
        best=[{**results.best[0], "segment": ALL_SEGMENTS, "metric": "accuracy", "value": 0.7}],
        evaluations=[{"segment": ALL_SEGMENTS, "model_uri": "gs://m/all", "metrics": metrics}],
        challengers=[{**results.challengers[0], "segment": ALL_SEGMENTS}],
        decisions=[{**DECISION, "segment": ALL_SEGMENTS, "metric": {"name": "accuracy", "goal": "MAXIMIZE"}}],
        smokes=[{**results.smokes[0], "segment": ALL_SEGMENTS, "samples": [sample]}],
        outcomes=[{**results.outcomes[0], "segment": ALL_SEGMENTS}],
        tuning={ALL_SEGMENTS: _status(JobKind.TUNING, ALL_SEGMENTS)},
        training={ALL_SEGMENTS: _status(JobKind.CUSTOM, ALL_SEGMENTS)},
        finished_trials={ALL_SEGMENTS: 2},
    )


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
