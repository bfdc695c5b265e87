"""Reading what cloudml-hypertune writes, in the middle of its writing too."""

import json
from pathlib import Path

import hypertune
import pytest

from localgcp.services.vertex.tuning.metric_file import MetricFile


def record(timestamp: float, **fields: str) -> str:
    return json.dumps({"timestamp": timestamp, "trial": "1", "global_step": "3", **fields}) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def test_reads_what_the_official_package_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(path))
    reporter = hypertune.HyperTune()
    file = MetricFile(path, "f1", 0.0)
    for step in range(1, 251):
        reporter.report_hyperparameter_tuning_metric("f1", step / 1000, step)
        if step % 50 == 0:
            file.read()
    # The package keeps 100 records: all are seen that were there when the file was read.
    assert [measurement.step for measurement in file.measurements] == list(range(1, 251))
    assert file.measurements[-1].value == 0.25


def test_missing_file_has_no_new_measurement(path: Path) -> None:
    assert not MetricFile(path, "f1", 0.0).read()


def test_unchanged_file_has_no_new_measurement(path: Path) -> None:
    path.write_text(record(1.0, f1="0.5"))
    file = MetricFile(path, "f1", 0.0)
    assert file.read()
    assert not file.read()


def test_incomplete_record_is_read_when_it_is_complete(path: Path) -> None:
    whole = record(1.0, f1="0.5")
    path.write_text(whole[:20])
    file = MetricFile(path, "f1", 0.0)
    assert not file.read()
    path.write_text(whole)
    assert file.read()
    assert file.measurements[0].value == 0.5


def test_other_metrics_are_remembered_by_name(path: Path) -> None:
    path.write_text(record(1.0, accuracy="0.5"))
    file = MetricFile(path, "f1", 0.0)
    file.read()
    assert (file.measurements, file.other_metrics) == ([], {"accuracy"})


def test_infinite_or_nan_value_is_not_a_measurement(path: Path) -> None:
    path.write_text(record(1.0, f1="0.5") + record(2.0, f1="nan"))
    file = MetricFile(path, "f1", 0.0)
    file.read()
    assert [measurement.value for measurement in file.measurements] == [0.5]
    assert file.unusable == "nan"


def test_elapsed_time_counts_from_the_start(path: Path) -> None:
    path.write_text(record(12.5, f1="0.5"))
    file = MetricFile(path, "f1", 10.0)
    file.read()
    assert file.measurements[0].elapsed_s == 2.5
