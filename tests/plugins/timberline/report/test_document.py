"""The report of a run."""

import json
from dataclasses import replace

import pytest

from tests.plugins.timberline.run_results import (
    DECISION,
    DECISION_SHOWN,
    ROWS,
    failure,
    run_results,
    run_results_of_all,
)
from timberline.report.document import build_report, check_success, f1_of
from timberline.run.errors import JobsFailed


def test_a_report_is_json_and_has_every_segment() -> None:
    report = build_report(run_results())
    assert json.loads(json.dumps(report)) == report
    assert [each["cover_type"] for each in report["segments"]] == [1, 2, 3]
    assert report["data"] == {"source": "file", "table": "p.d.t", "rows": ROWS}


def test_a_segment_that_succeeded_has_all_facts() -> None:
    segment = build_report(run_results())["segments"][0]
    expected = {
        "cover_type": 1,
        "name": "Spruce/Fir",
        "rows": ROWS,
        "trials": {"total": 3, "succeeded": 2, "infeasible": 1, "stopped": 1},
        "best_trial": "2",
        "best_params": {"max_depth": 9, "eta": 0.25},
        "validation": {"f1": 0.75},
        "test": {"f1": 0.8, "accuracy": 0.9, "rows": 10},
        "seconds": {"tune": 10.5, "train": 10.5},
        "model_uri": "gs://m/1",
        "model_version": "projects/p/locations/l/models/dag-1@4",
        "decision": {**DECISION_SHOWN, "action": "promoted"},
        "smoke": {"rows": 20, "max_abs_difference": 2e-9},
        "predictions": [{"label": 1, "predicted": 1, "probability": 0.9}],
        "endpoint": "projects/p/locations/l/endpoints/dag-1",
        "error": None,
    }
    assert segment == expected


def test_failed_segments_keep_what_they_reached_and_the_reason() -> None:
    _, training, tuning = build_report(run_results())["segments"]
    assert training["best_params"] == {"max_depth": 9, "eta": 0.25}
    assert training["test"] is None
    assert "exit status 1" in training["error"]
    assert tuning["best_params"] is None
    assert "KeyError: 'x'" in tuning["error"]


def test_macro_f1_is_the_mean_of_what_succeeded() -> None:
    assert build_report(run_results())["macro_f1"] == 0.8


def test_spans_reach_from_the_first_submission_to_the_last_end() -> None:
    assert build_report(run_results())["timings"] == {"total_s": 75.2, "tune_s": 11.5, "train_s": 11.5}


def test_too_few_successes_fail_with_each_reason() -> None:
    report = build_report(run_results())
    with pytest.raises(JobsFailed) as raised:
        check_success(report, None, segment_label="cover type")
    assert "1 of 3 succeeded, expected 3" in str(raised.value)
    assert "cover type 2: " in str(raised.value)
    assert "cover type 3: " in str(raised.value)
    check_success(report, 1, segment_label="cover type")


def test_a_rejected_challenger_is_a_success_that_serves_nothing() -> None:
    decision = {**DECISION, "action": "rejected", "reason": "f1-score 0.7000 against 0.8000 of version 3"}
    results = replace(run_results(), decisions=[decision], outcomes=[], smokes=[])
    segment = build_report(results)["segments"][0]
    assert segment["decision"]["action"] == "rejected"
    assert segment["decision"]["champion"] == {"version": "3", "value": 0.75, "error": None}
    assert segment["error"] is None
    assert segment["smoke"] is None
    assert segment["endpoint"] is None


@pytest.mark.parametrize(("kind", "action"), [("RolledBack", "rolled_back"), ("DeployFailed", "failed")])
def test_a_release_that_failed_says_at_which_step_and_why(kind: str, action: str) -> None:
    segment = build_report(replace(run_results(), outcomes=[], failures={"1": failure(kind)}))["segments"][0]
    assert segment["decision"]["action"] == action
    assert segment["decision"]["reason"] == "why it ended"
    assert segment["error"] == "promote: why it ended"


def test_a_step_that_was_killed_leaves_a_reason_all_the_same() -> None:
    segment = build_report(replace(run_results(), outcomes=[]))["segments"][0]
    assert segment["decision"]["action"] == "failed"
    assert "not finished" in segment["error"]


def test_a_failure_before_a_success_is_forgotten() -> None:
    assert build_report(replace(run_results(), failures={"1": failure("JobsFailed")}))["segments"][0]["error"] is None


def test_one_model_of_all_classes_is_one_segment_with_all_rows() -> None:
    report = build_report(run_results_of_all())
    (segment,) = report["segments"]
    assert json.loads(json.dumps(report)) == report
    assert (segment["cover_type"], segment["name"], segment["rows"]) == ("all", "all", ROWS)
    assert segment["validation"] == {"accuracy": 0.7}
    assert segment["decision"]["action"] == "promoted"
    assert segment["predictions"] == [{"label": 1, "predicted": 2.0}]
    assert report["classes"] == {"1": "Spruce/Fir", "2": "Lodgepole Pine", "3": "Ponderosa Pine"}


def test_the_macro_f1_of_one_model_is_its_own() -> None:
    assert build_report(run_results_of_all())["macro_f1"] == 0.5


@pytest.mark.parametrize(
    ("test", "f1"),
    [
        (None, None),
        ({}, None),
        ({"accuracy": 0.9}, None),
        ({"f1": 0.8}, 0.8),
        ({"f1_macro": 0.5}, 0.5),
        ({"f1": 0.8, "f1_macro": 0.5}, 0.8),
        ({"f1_macro": None}, None),
        ({"f1_macro": 0.0}, 0.0),
    ],
)
def test_the_f1_of_a_model_is_that_of_its_class_or_the_mean_of_all(test: dict[str, float] | None, f1: float) -> None:
    assert f1_of(test) == f1


def test_one_model_that_failed_has_no_macro_f1_and_its_reason() -> None:
    results = replace(run_results_of_all(), evaluations=[], outcomes=[], decisions=[], training={})
    report = build_report(replace(results, failures={"all": replace(failure("JobsFailed"), segment="all")}))
    assert report["macro_f1"] is None
    with pytest.raises(JobsFailed, match="model all: promote: why it ended"):
        check_success(report, None, segment_label="model")
