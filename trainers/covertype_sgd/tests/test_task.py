"""Whole runs, as a service starts them: `python -m trainer.task`."""

import json
import pickle
import re
from pathlib import Path

import joblib
import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from rows import make_rows
from trainer import task
from trainer_common.failures import UserError
from trainer_common.testing.task_process import list_files, read_metrics, run_cold_task, run_task

QUICK = ["--alpha", "0.001", "--max_iter", "200.0"]
FOLDERS = {"training": "train", "validation": "validation", "test": "test"}


def data_flags(folder: Path, *splits: str) -> list[str]:
    return [f"--{split}_dataset_path={folder}/{FOLDERS[split]}" for split in splits]


def all_of(export: Path) -> list[str]:
    return data_flags(export / "csv", "training", "validation", "test")


def test_a_run_leaves_one_model_in_each_folder(export: Path, tmp_path: Path) -> None:
    done = run_cold_task([*all_of(export), *QUICK, "--nohptune", "--job-dir", f"{tmp_path}/out"], TMPDIR=str(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["test", "accuracy"]
    assert list_files(tmp_path) == [
        "out/model.pkl",
        "out/model/metrics.json",
        "out/model/model.joblib",
        "out/model/predictions.json",
    ]


def test_both_model_files_answer_the_sample_as_a_stock_container_asks(export: Path, tmp_path: Path) -> None:
    task.main([*all_of(export), *QUICK, "--job_dir", str(tmp_path)])
    sample = json.loads((tmp_path / "model/predictions.json").read_text())
    expected = [prediction["predicted"] for prediction in sample["predictions"]]
    for model in (joblib.load(tmp_path / "model/model.joblib"), pickle.loads((tmp_path / "model.pkl").read_bytes())):
        assert model.predict(np.array(sample["instances"])).tolist() == expected
    assert len(expected) == 20
    assert {prediction["label"] for prediction in sample["predictions"]} == {1, 2, 3}


def test_the_folder_of_the_service_takes_the_model(export: Path, tmp_path: Path) -> None:
    done = run_task([*all_of(export), *QUICK], AIP_MODEL_DIR=f"{tmp_path}/model/")
    assert (done.exit_code, done.stderr) == (0, "")
    assert list_files(tmp_path) == ["model/metrics.json", "model/model.joblib", "model/predictions.json"]


def test_the_same_rows_give_the_same_model_and_predictions(export: Path, tmp_path: Path) -> None:
    for name, folder in {"csv": export / "csv", "again": export / "csv", "parquet": export}.items():
        task.main([*data_flags(folder, *FOLDERS), *QUICK, "--job_dir", f"{tmp_path}/{name}"])
    for file in ("model.pkl", "model/model.joblib", "model/predictions.json"):
        assert len({(tmp_path / name / file).read_bytes() for name in ("csv", "again", "parquet")}) == 1


def test_a_trial_reports_validation_accuracy_and_saves_no_model(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", f"{tmp_path}/output.metrics")
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "3")
    task.main([*all_of(export), *QUICK, "--hptune", "--job_dir", f"{tmp_path}/out"])
    (record,) = [json.loads(line) for line in (tmp_path / "output.metrics").read_text().splitlines()]
    assert float(record["accuracy"]) == read_metrics(tmp_path / "out/3/model", "validation")["accuracy"]
    assert (record["trial"], list_files(tmp_path / "out")) == ("3", ["3/model/metrics.json"])


def test_a_trial_is_fitted_on_training_rows_and_a_final_model_on_validation_rows_too(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", f"{tmp_path}/output.metrics")
    for name, flag, rows, judged in (("trial", "--hptune", 400, "validation"), ("final", "--nohptune", 800, "test")):
        task.main([*all_of(export), *QUICK, flag, "--job_dir", f"{tmp_path}/{name}"])
        document = json.loads((tmp_path / name / "model/metrics.json").read_text())
        assert document["train_rows"] == rows
        assert {(metric["split"], metric["rows"]) for metric in document["metrics"]} == {(judged, 400)}


def test_a_final_model_reports_to_no_tuning_service(export: Path, tmp_path: Path) -> None:
    records = f"{tmp_path}/output.metrics"
    done = run_task([*all_of(export), *QUICK, f"--job_dir={tmp_path}/out"], CLOUD_ML_HP_METRIC_FILE=records)
    assert done.exit_code == 0
    assert not Path(records).exists()


def test_without_test_rows_the_metrics_are_those_of_the_fitted_rows_and_named_so(export: Path, tmp_path: Path) -> None:
    task.main([*data_flags(export, "training", "validation"), *QUICK, "--job_dir", str(tmp_path)])
    document = json.loads((tmp_path / "model/metrics.json").read_text())
    assert {(metric["split"], metric["rows"]) for metric in document["metrics"]} == {("train", 800)}
    assert list_files(tmp_path) == ["model.pkl", "model/metrics.json", "model/model.joblib"]


def test_the_metrics_have_parameters_and_timings(export: Path, tmp_path: Path) -> None:
    task.main([*all_of(export), *QUICK, "--seed=7", "--predictions=0", "--job_dir", str(tmp_path)])
    document = json.loads((tmp_path / "model/metrics.json").read_text())
    assert set(document) == {"metrics", "train_rows", "parameters", "timings"}
    assert document["parameters"] == {"alpha": 0.001, "max_iter": 200, "seed": 7}
    assert set(document["timings"]) == {"read_s", "fit_cpu_s", "fit_wall_s", "evaluate_s"}
    assert not (tmp_path / "model/predictions.json").exists()


def test_too_few_passes_are_a_warning_of_one_line(export: Path, tmp_path: Path) -> None:
    done = run_task([*all_of(export), "--alpha=0.001", "--max_iter=1", f"--job_dir={tmp_path}"])
    assert done.exit_code == 0
    assert done.stderr == "--max_iter=1: the loss was still falling after the last pass; more may fit better\n"


def test_a_wrong_flag_is_one_line_and_exit_code_2(export: Path) -> None:
    done = run_task([*all_of(export), *QUICK, "--max_iter=200.5", "--job_dir=out"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: argument --max_iter: expected a whole number such as 200 or 200.0, found '200.5'; see --help\n"
    )


@pytest.mark.parametrize("split", FOLDERS)
def test_an_empty_split_is_named_and_leaves_nothing(export: Path, tmp_path: Path, split: str) -> None:
    pyarrow.csv.write_csv(make_rows().slice(0, 0), tmp_path / "empty.csv")
    flags = [flag for flag in all_of(export) if not flag.startswith(f"--{split}")]
    with pytest.raises(UserError, match=r"no rows in .*empty\.csv"):
        task.main([*flags, f"--{split}_dataset_path={tmp_path}/empty.csv", *QUICK, f"--job_dir={tmp_path}/out"])
    assert not (tmp_path / "out").exists()


def test_rows_of_one_class_are_a_user_error(tmp_path: Path) -> None:
    rows = make_rows()
    pyarrow.parquet.write_table(
        rows.filter([value == 3 for value in rows["Cover_Type"].to_pylist()]), tmp_path / "a.parquet"
    )
    flags = [f"--{split}_dataset_path={tmp_path}/a.parquet" for split in ("training", "validation")]
    with pytest.raises(UserError, match="expected at least two classes in the rows to fit, found 3 alone"):
        task.main([*flags, *QUICK, f"--job_dir={tmp_path}/out"])
    assert not (tmp_path / "out").exists()


def test_test_rows_of_one_class_have_metrics(export: Path, tmp_path: Path) -> None:
    rows = make_rows()
    pyarrow.parquet.write_table(
        rows.filter([value == 3 for value in rows["Cover_Type"].to_pylist()]), tmp_path / "a.parquet"
    )
    flags = [*data_flags(export, "training", "validation"), f"--test_dataset_path={tmp_path}/a.parquet"]
    task.main([*flags, *QUICK, f"--job_dir={tmp_path}/out"])
    assert read_metrics(tmp_path / "out/model", "test")["recall-1"] is None


def test_a_full_disk_is_one_line_and_leaves_no_artefact(export: Path, tmp_path: Path) -> None:
    done = run_task([*all_of(export), *QUICK, f"--job_dir={tmp_path}/out"], largest_file_bytes=2048)
    assert done.exit_code == 1
    assert re.fullmatch(r"error: cannot write '.*/out/model/model.joblib' \([\d,]+ bytes\): .*\n", done.stderr)
    assert list_files(tmp_path / "out") == []
