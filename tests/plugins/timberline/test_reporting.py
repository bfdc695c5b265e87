"""The report, and the table that is made of it."""

import json

import pytest

from timberline.errors import JobsFailed
from timberline.identity import RunIdentity
from timberline.remote import JobKind, JobRef, JobStatus, Study
from timberline.reporting import GENERATED_NOTE, RunResults, build_report, check_success, render_table
from timberline.selection import MetricGoal, Trial
from timberline.states import JobState

_URI = "gs://bucket/runs/x/report.json"
_ROWS = {"train": 80, "validation": 10, "test": 10}


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


def _results(source: str = "file") -> RunResults:
    """Cover type 1 succeeded, 2 failed while training, 3 while tuning."""
    best = {"trial": "2", "metric": "f1-score", "value": 0.75, "parameters": {"max_depth": 9, "eta": 0.25}}
    return RunResults(
        run=RunIdentity("dag", "run"),
        segments=["1", "2", "3"],
        names={"1": "Spruce/Fir", "2": "Lodgepole Pine", "3": "Ponderosa Pine"},
        load={"source": source, "table": "p.d.t"},
        split={"rows": _ROWS, "segment_rows": {"1": _ROWS, "2": _ROWS, "3": _ROWS}},
        best=[{"segment": "1", **best}, {"segment": "2", **best}],
        evaluations=[{"segment": "1", "model_uri": "gs://m/1", "metrics": {"f1": 0.8, "accuracy": 0.9, "rows": 10}}],
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


def test_a_report_is_json_and_has_every_segment() -> None:
    report = build_report(_results())
    assert json.loads(json.dumps(report)) == report
    assert [each["cover_type"] for each in report["segments"]] == [1, 2, 3]
    assert report["data"] == {"source": "file", "table": "p.d.t", "rows": _ROWS}


def test_a_segment_that_succeeded_has_all_facts() -> None:
    segment = build_report(_results())["segments"][0]
    assert segment == {
        "cover_type": 1,
        "name": "Spruce/Fir",
        "rows": _ROWS,
        "trials": {"total": 3, "succeeded": 2, "infeasible": 1, "stopped": 1},
        "best_trial": "2",
        "best_params": {"max_depth": 9, "eta": 0.25},
        "validation": {"f1": 0.75},
        "test": {"f1": 0.8, "accuracy": 0.9, "rows": 10},
        "seconds": {"tune": 10.5, "train": 10.5},
        "model_uri": "gs://m/1",
        "error": None,
    }


def test_failed_segments_keep_what_they_reached_and_the_reason() -> None:
    _, training, tuning = build_report(_results())["segments"]
    assert training["best_params"] == {"max_depth": 9, "eta": 0.25}
    assert training["test"] is None
    assert "exit status 1" in training["error"]
    assert tuning["best_params"] is None
    assert "KeyError: 'x'" in tuning["error"]


def test_macro_f1_is_the_mean_of_what_succeeded() -> None:
    assert build_report(_results())["macro_f1"] == 0.8


def test_spans_reach_from_the_first_submission_to_the_last_end() -> None:
    assert build_report(_results())["timings"] == {"total_s": 75.2, "tune_s": 11.5, "train_s": 11.5}


def test_too_few_successes_fail_with_each_reason() -> None:
    report = build_report(_results())
    with pytest.raises(JobsFailed) as raised:
        check_success(report, None, noun="cover type")
    assert "1 of 3 succeeded, expected 3" in str(raised.value)
    assert "cover type 2: " in str(raised.value)
    assert "cover type 3: " in str(raised.value)
    check_success(report, 1, noun="cover type")


def test_the_table_has_a_line_per_segment_and_the_totals() -> None:
    text = render_table(build_report(_results()), _URI)
    line = next(line for line in text.splitlines() if line.startswith("1 "))
    assert line.split() == [
        "1",
        "Spruce/Fir",
        "100",
        "2/3",
        "0.7500",
        "0.8000",
        "0.9000",
        "21",
        "max_depth=9",
        "eta=0.25",
    ]
    assert (
        "failed: 3 (Ponderosa Pine): hyperparameterTuningJobs/3 is FAILED: too many trials failed\n  KeyError" in text
    )
    assert "macro F1 on the test lot: 0.8000" in text
    assert "total time: 1:15 min" in text
    assert f"report: {_URI}" in text


def test_generated_rows_are_called_so_in_one_plain_line() -> None:
    assert GENERATED_NOTE in render_table(build_report(_results("generated")), _URI).splitlines()
    assert GENERATED_NOTE not in render_table(build_report(_results("file")), _URI)
