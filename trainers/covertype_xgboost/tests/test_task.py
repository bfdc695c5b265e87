"""Whole runs, as a service starts them: `python -m trainer.task`."""

import json
import re
from pathlib import Path

import pyarrow.parquet
import pytest
from rows import make_rows
from trainer import task
from trainer.bundle import load_model
from trainer_common.failures import UserError
from trainer_common.testing.task_process import read_metrics, run_cold_task, run_task

QUICK = ["--target", "Cover_Type", "--positive_class", "3", "--n_estimators", "8.0", "--learning_rate=0.5"]


def data_flags(folder: Path, *splits: str) -> list[str]:
    return [flag for split in splits for flag in (f"--{split}", f"{folder}/{split}")]


@pytest.fixture
def record_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(tmp_path / "hypertune" / "output.metrics"))
    return tmp_path / "hypertune" / "output.metrics"


def test_a_run_leaves_model_predictions_and_metrics(export: Path, tmp_path: Path) -> None:
    done = run_cold_task(
        [*data_flags(export, "train", "validation", "test"), *QUICK],
        AIP_MODEL_DIR=f"{tmp_path}/out/",
        TMPDIR=str(tmp_path),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "metrics.json",
        "model.ubj",
        "predictions.json",
    ]
    assert done.stdout.split()[:2] == ["validation", "test"]
    assert read_metrics(tmp_path / "out", "test")["f1-score"] > 0.9
    sample = json.loads((tmp_path / "out" / "predictions.json").read_text())
    scores = load_model(f"{tmp_path}/out").predict_proba(sample["instances"])
    assert [row["probability"] for row in sample["predictions"]] == pytest.approx(scores.tolist())
    assert {row["label"] for row in sample["predictions"]} == {0, 1}
    assert len(scores) == 20
    assert not (tmp_path / "hypertune").exists()


def test_csv_trains_the_same_model_as_parquet(export: Path, tmp_path: Path) -> None:
    done = run_task([*data_flags(export / "csv", "train", "test"), *QUICK, "--job-dir", f"{tmp_path}/csv"])
    assert (done.exit_code, done.stderr) == (0, "")
    task.main([*data_flags(export, "train", "test"), *QUICK, "--job-dir", f"{tmp_path}/parquet"])
    assert (tmp_path / "csv/model.ubj").read_bytes() == (tmp_path / "parquet/model.ubj").read_bytes()


def test_a_wrong_flag_is_one_line_and_exit_code_2(export: Path) -> None:
    done = run_task([*data_flags(export, "train"), *QUICK, "--n_estimators=200.5"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: argument --n_estimators: expected a whole number such as 200 or 200.0, found '200.5'; see --help\n"
    )


def test_a_trial_reports_each_round_and_saves_no_model(export: Path, tmp_path: Path, record_file: Path) -> None:
    task.main([*data_flags(export, "train", "validation"), *QUICK, "--hptune", "--job-dir", f"{tmp_path}/out"])
    records = [json.loads(line) for line in record_file.read_text().splitlines()]
    assert [record["global_step"] for record in records] == [str(step) for step in range(1, 9)]
    assert float(records[-1]["f1-score"]) == read_metrics(tmp_path / "out", "validation")["f1-score"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["metrics.json"]


def test_watching_a_model_grow_does_not_change_it(export: Path, tmp_path: Path, record_file: Path) -> None:
    task.main([*data_flags(export, "train", "validation"), *QUICK, "--job-dir", f"{tmp_path}/watched"])
    assert record_file.exists()
    task.main([*data_flags(export, "train"), *QUICK, "--job-dir", f"{tmp_path}/alone"])
    assert (tmp_path / "watched/model.ubj").read_bytes() == (tmp_path / "alone/model.ubj").read_bytes()


def test_a_retrain_reads_training_and_validation_rows(export: Path, tmp_path: Path) -> None:
    locations = f"{export}/train,{export}/validation/*.parquet"
    task.main(["--train", locations, *data_flags(export, "test"), *QUICK, "--job-dir", str(tmp_path)])
    document = json.loads((tmp_path / "metrics.json").read_text())
    assert document["train_rows"] == 800
    assert {metric["split"] for metric in document["metrics"]} == {"test"}


def test_a_target_of_0_and_1_trains_like_its_class(export: Path, tmp_path: Path) -> None:
    flags = [*data_flags(export, "train", "test"), "--n_estimators=8", "--learning_rate=0.5"]
    task.main([*flags, "--target", "label", "--job-dir", f"{tmp_path}/label"])
    task.main([*flags, "--target", "Cover_Type", "--positive_class=3", "--job-dir", f"{tmp_path}/class"])
    assert read_metrics(tmp_path / "label", "test") == read_metrics(tmp_path / "class", "test")


def test_the_metrics_have_parameters_and_timings(export: Path, tmp_path: Path) -> None:
    task.main([*data_flags(export, "train"), *QUICK, "--scale_pos_weight=TRUE", "--job-dir", str(tmp_path)])
    document = json.loads((tmp_path / "metrics.json").read_text())
    assert set(document) == {"metrics", "train_rows", "parameters", "timings"}
    assert set(document["timings"]) == {"read_s", "fit_cpu_s", "fit_wall_s", "evaluate_s"}
    assert document["parameters"]["n_estimators"] == 8
    assert document["parameters"]["scale_pos_weight"] > 1


@pytest.mark.parametrize("kept", [(), (1, 2), (3,)])
def test_a_split_without_both_classes_is_a_user_error(tmp_path: Path, kept: tuple[int, ...]) -> None:
    rows = make_rows()
    split = rows.filter([value in kept for value in rows["Cover_Type"].to_pylist()])
    pyarrow.parquet.write_table(split, tmp_path / "0.parquet")
    message = "expected positive and negative rows" if kept else "no rows in"
    with pytest.raises(UserError, match=message):
        task.main(["--train", f"{tmp_path}/0.parquet", *QUICK, "--job-dir", f"{tmp_path}/out"])
    assert not (tmp_path / "out").exists()


def test_a_test_split_of_one_class_has_metrics(export: Path, tmp_path: Path) -> None:
    rows = make_rows()
    split = rows.filter([value != 3 for value in rows["Cover_Type"].to_pylist()])
    pyarrow.parquet.write_table(split, tmp_path / "0.parquet")
    test = ["--test", f"{tmp_path}/0.parquet"]
    task.main([*data_flags(export, "train"), *test, *QUICK, "--job-dir", f"{tmp_path}/out"])
    assert read_metrics(tmp_path / "out", "test")["roc-auc"] is None


def test_a_missing_target_is_named(export: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lacks column 'cover_type' \(nearest: 'Cover_Type'\)"):
        task.main([*data_flags(export, "train"), "--target", "cover_type", "--job-dir", str(tmp_path)])


def test_a_full_disk_is_one_line_and_leaves_no_artefact(export: Path, tmp_path: Path) -> None:
    done = run_task(
        [*data_flags(export, "train", "test"), *QUICK, "--job-dir", f"{tmp_path}/out"], largest_file_bytes=4096
    )
    assert done.exit_code == 1
    assert re.fullmatch(r"error: cannot write '.*/out/model.ubj' \([\d,]+ bytes\): .*\n", done.stderr)
    assert list((tmp_path / "out").iterdir()) == []
