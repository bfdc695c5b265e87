"""The records for the tuning service."""

import json
from pathlib import Path

import pytest
from trainer_common.environment import read_environment
from trainer_common.report.tuning import TuningReport, open_tuning_report


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


def test_a_run_that_is_not_a_trial_reports_nothing() -> None:
    assert open_tuning_report("f1-score", 10, hptune=False, environment=read_environment({})) is None


def test_a_record_file_named_by_the_service_makes_a_run_report(record_file: Path) -> None:
    assert open_tuning_report("f1-score", 10, hptune=False, environment=read_environment()) is not None
