"""The report of a run."""

import json
from dataclasses import replace

import pytest

from tests.plugins.timberline.fares import ZONES
from tests.plugins.timberline.run_results import (
    DECISION,
    ROWS,
    changed_steps,
    failure,
    run_results,
    run_results_of_all,
    run_results_of_fares,
)
from timberline.evaluation.gate import Action, ScoredVersion
from timberline.jobs.selection import BestParameters
from timberline.report.document import build_report, check_success
from timberline.report.results import Jobs
from timberline.run.errors import JobsFailed


def test_a_report_is_json_and_has_every_segment() -> None:
    report = build_report(run_results())
    assert json.loads(json.dumps(report)) == report
    assert [each["segment"] for each in report["segments"]] == ["1", "2", "3"]
    assert (report["schema_version"], report["task"], report["segment_label"]) == (
        2,
        "binary_per_segment",
        "cover type",
    )
    assert report["data"] == {"source": "file", "table": "p.d.t", "rows": ROWS, "views": {}}


def test_a_segment_that_succeeded_has_all_facts() -> None:
    segment = build_report(run_results())["segments"][0]
    expected = {
        "segment": "1",
        "name": "Spruce/Fir",
        "rows": ROWS,
        "trials": {"total": 3, "succeeded": 2, "infeasible": 1, "stopped": 1},
        "best_trial": "2",
        "best_params": {"max_depth": 9, "eta": 0.25},
        "validation": {"name": "f1-score", "goal": "MAXIMIZE", "value": 0.75},
        "metric": {"name": "f1-score", "goal": "MAXIMIZE", "value": 0.8},
        "test": {"accuracy": 0.9, "f1": 0.8, "rows": 10},
        "seconds": {"tune": 10.5, "train": 10.5},
        "model_uri": "gs://m/1",
        "model_version": "projects/p/locations/l/models/dag-1@4",
        "decision": {
            "action": "promoted",
            "reason": "f1-score 0.8000 against 0.7500 of version 3: +0.0500",
            "metric": {"name": "f1-score", "goal": "MAXIMIZE"},
            "challenger": {"version": "4", "value": 0.8, "error": None},
            "champion": {"version": "3", "value": 0.75, "error": None},
        },
        "smoke": {"rows": 20, "max_abs_difference": 2e-9},
        "predictions": [{"label": 1, "predicted": 1, "probability": 0.9}],
        "endpoint": "projects/p/locations/l/endpoints/dag-1",
        "error": None,
    }
    assert segment == expected


def test_failed_segments_keep_what_they_reached_and_the_reason() -> None:
    _, training, tuning = build_report(run_results())["segments"]
    assert training["best_params"] == {"max_depth": 9, "eta": 0.25}
    assert (training["test"], training["metric"]) == (None, None)
    assert "exit status 1" in training["error"]
    assert tuning["best_params"] is None
    assert "KeyError: 'x'" in tuning["error"]


def test_the_summary_is_the_mean_of_what_succeeded() -> None:
    summary = build_report(run_results())["summary"]
    assert summary == {"name": "macro_f1", "title": "macro F1", "metric": "f1", "goal": "MAXIMIZE", "value": 0.8}


def test_spans_reach_from_the_first_submission_to_the_last_end() -> None:
    assert build_report(run_results())["timings"] == {"total_s": 75.2, "tune_s": 11.5, "train_s": 11.5}


def test_too_few_successes_fail_with_each_reason() -> None:
    report = build_report(run_results())
    with pytest.raises(JobsFailed) as raised:
        check_success(report, None)
    assert "1 of 3 succeeded, expected 3" in str(raised.value)
    assert "cover type 2: " in str(raised.value)
    assert "cover type 3: " in str(raised.value)
    check_success(report, 1)


def test_a_rejected_challenger_is_a_success_that_serves_nothing() -> None:
    decision = replace(DECISION, action=Action.REJECTED, reason="f1-score 0.7000 against 0.8000 of version 3")
    results = changed_steps(run_results(), decisions=[decision], outcomes=[], smokes=[])
    segment = build_report(results)["segments"][0]
    assert segment["decision"]["action"] == "rejected"
    assert segment["decision"]["champion"] == {"version": "3", "value": 0.75, "error": None}
    assert segment["error"] is None
    assert segment["smoke"] is None
    assert segment["endpoint"] is None


@pytest.mark.parametrize(("kind", "action"), [("RolledBack", "rolled_back"), ("DeployFailed", "failed")])
def test_a_release_that_failed_says_at_which_step_and_why(kind: str, action: str) -> None:
    results = replace(changed_steps(run_results(), outcomes=[]), failures={"1": failure(kind)})
    segment = build_report(results)["segments"][0]
    assert segment["decision"]["action"] == action
    assert segment["decision"]["reason"] == "why it ended"
    assert segment["error"] == "promote: why it ended"


def test_a_step_that_was_killed_leaves_a_reason_all_the_same() -> None:
    segment = build_report(changed_steps(run_results(), outcomes=[]))["segments"][0]
    assert segment["decision"]["action"] == "failed"
    assert "not finished" in segment["error"]


def test_a_failure_before_a_success_is_forgotten() -> None:
    assert build_report(replace(run_results(), failures={"1": failure("JobsFailed")}))["segments"][0]["error"] is None


def test_one_model_of_all_classes_is_one_segment_with_all_rows() -> None:
    report = build_report(run_results_of_all())
    (segment,) = report["segments"]
    assert json.loads(json.dumps(report)) == report
    assert (segment["segment"], segment["name"], segment["rows"]) == ("all", "all", ROWS)
    assert segment["validation"]["value"] == 0.7
    assert segment["decision"]["action"] == "promoted"
    assert segment["predictions"] == [{"label": 1, "predicted": 2.0}]
    assert report["classes"]["2"] == "Lodgepole Pine"


def test_the_summary_of_one_model_is_its_own_metric() -> None:
    report = build_report(run_results_of_all())
    assert (report["summary"]["name"], report["summary"]["value"]) == ("macro_f1", 0.5)
    assert report["segments"][0]["metric"] == {"name": "accuracy", "goal": "MAXIMIZE", "value": 0.71}


@pytest.mark.parametrize("test", [{"accuracy": 0.9, "rows": 10}, {"f1_macro": None, "rows": 10}])
def test_a_metric_that_was_not_measured_leaves_the_summary_empty(test: dict[str, float | None]) -> None:
    results = run_results_of_all()
    evaluation = replace(results.steps.evaluations[0], metrics=test)
    assert build_report(changed_steps(results, evaluations=[evaluation]))["summary"]["value"] is None


def test_one_model_that_failed_has_no_summary_and_its_reason() -> None:
    results = changed_steps(run_results_of_all(), evaluations=[], outcomes=[], decisions=[])
    note = replace(failure("JobsFailed"), segment="all")
    jobs = Jobs(tuning=results.jobs.tuning)
    report = build_report(replace(results, jobs=jobs, failures={"all": note}))
    assert report["summary"]["value"] is None
    with pytest.raises(JobsFailed, match="model all: promote: why it ended"):
        check_success(report, None)


def test_a_regression_without_tuning_has_neither_trials_nor_classes() -> None:
    report = build_report(run_results_of_fares())
    assert json.loads(json.dumps(report)) == report
    segment = report["segments"][0]
    assert (segment["segment"], segment["name"]) == (ZONES[0], ZONES[0])
    assert (segment["trials"], segment["best_params"], segment["validation"]) == (None, None, None)
    assert segment["metric"] == {"name": "rmse", "goal": "MINIMIZE", "value": 3.5}
    assert report["summary"] == {
        "name": "mean_rmse", "title": "mean rmse", "metric": "rmse", "goal": "MINIMIZE", "value": 3.5,
    }  # fmt: skip
    assert (report["task"], report["classes"], report["timings"]["tune_s"]) == ("regression", {}, None)


def test_default_parameters_are_no_trial() -> None:
    best = [BestParameters(segment=zone, parameters={"depth": 6}) for zone in ZONES]
    segment = build_report(changed_steps(run_results_of_fares(), best=best))["segments"][0]
    assert segment["trials"] == {"total": 0, "succeeded": 0, "infeasible": 0, "stopped": 0}
    assert (segment["best_trial"], segment["best_params"], segment["validation"]) == (None, {"depth": 6}, None)


def test_a_champion_that_could_not_be_scored_keeps_its_reason() -> None:
    decision = replace(DECISION, champion=ScoredVersion(version="3", value=None, error="its model is gone"))
    segment = build_report(changed_steps(run_results(), decisions=[decision]))["segments"][0]
    assert segment["decision"]["champion"] == {"version": "3", "value": None, "error": "its model is gone"}
