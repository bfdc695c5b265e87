"""Rules of the metric report."""

import json
from pathlib import Path

import pytest
from trainer_common.artifacts import ArtifactFolder
from trainer_common.environment import read_environment
from trainer_common.report import Goal, Metric, MetricReport, TuningReport, open_tuning_report


@pytest.fixture
def record_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(tmp_path / "hypertune" / "output.metrics"))
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "3")
    return tmp_path / "hypertune" / "output.metrics"


@pytest.mark.parametrize("step_count", [1, 7, 99, 100, 101, 199, 200, 201, 1234])
def test_the_first_and_the_last_step_stay_visible(record_file: Path, step_count: int) -> None:
    report = TuningReport("f1-score", step_count)
    for step in range(1, step_count + 1):
        report.report_step(step, step / step_count)
    report.report_final(0.5)
    records = [json.loads(line) for line in record_file.read_text().splitlines()]
    steps = [int(record["global_step"]) for record in records]
    assert len(steps) <= 100
    assert steps[0] <= -(-step_count // 100)
    assert steps == sorted(set(steps))
    assert (steps[-1], records[-1]["f1-score"], records[-1]["trial"]) == (step_count, "0.5", "3")


def test_a_plain_run_reports_to_nobody() -> None:
    assert open_tuning_report("f1-score", 10, hptune=False, environment=read_environment({})) is None


def test_a_record_file_of_the_service_is_enough_to_report(record_file: Path) -> None:
    assert open_tuning_report("f1-score", 10, hptune=False, environment=read_environment()) is not None


def make_report() -> MetricReport:
    return MetricReport(
        metrics=[
            Metric(name="f1-score", value=0.5, goal=Goal.MAXIMIZE, split="test", rows=1000),
            Metric(name="roc-auc", value=None, goal=Goal.MAXIMIZE, split="test", rows=1000, reason="one class"),
        ],
        timings={"read_s": 0.12345},
        parameters={"max_depth": 6},
        train_rows=8,
    )


def test_the_document_has_a_reason_where_a_value_is_null() -> None:
    assert make_report().to_json() == {
        "metrics": [
            {"name": "f1-score", "value": 0.5, "goal": "MAXIMIZE", "split": "test", "rows": 1000},
            {
                "name": "roc-auc",
                "value": None,
                "goal": "MAXIMIZE",
                "split": "test",
                "rows": 1000,
                "reason": "one class",
            },
        ],
        "train_rows": 8,
        "parameters": {"max_depth": 6},
        "timings": {"read_s": 0.1235},
    }


def test_the_table_has_a_column_per_split_and_a_dash_for_null() -> None:
    assert make_report().to_text().split() == ["test", "f1-score", "0.5000", "roc-auc", "-", "rows", "1,000"]


def test_a_report_without_metrics_is_still_printable() -> None:
    assert (
        MetricReport(metrics=[], timings={}, parameters={}, train_rows=8).to_text() == "no metrics: no split to judge"
    )


def test_a_number_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ArtifactFolder(str(tmp_path)).save_json("metrics.json", {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []
