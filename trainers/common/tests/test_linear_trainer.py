"""A trainer of a regression model needs nothing but its own columns and its own model."""

import json
from pathlib import Path

import linear_trainer
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from trainer_common.environment import read_environment
from trainer_common.evaluation.command import evaluate_models
from trainer_common.testing.server_process import serving
from trainer_common.testing.task_process import list_files, read_metrics


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train on fares of 3 per km with an error; return the folder that holds `model` and the split `test`."""
    folder = tmp_path_factory.mktemp("fares")
    random = np.random.default_rng(0)
    for split, count in {"train": 200, "test": 50}.items():
        km, hour = random.uniform(1, 20, count), random.integers(0, 24, count)
        rows = pa.table({"km": km, "hour": hour, "fare": 3 * km + random.normal(0, 0.5, count)})
        pyarrow.parquet.write_table(rows, folder / f"{split}.parquet")
    flags = [f"--train={folder}/train.parquet", f"--test={folder}/test.parquet", "--target=fare", "--predictions=5"]
    linear_trainer.train(flags, read_environment({"AIP_MODEL_DIR": f"{folder}/model/"}))
    return folder


def test_a_run_leaves_model_predictions_and_metrics(trained: Path) -> None:
    assert list_files(trained / "model") == ["metrics.json", "model.json", "predictions.json"]
    document = json.loads((trained / "model/metrics.json").read_text())
    goals = {metric["name"]: metric["goal"] for metric in document["metrics"]}
    assert goals == {"rmse": "MINIMIZE", "mae": "MINIMIZE", "r2": "MAXIMIZE"}
    assert read_metrics(trained / "model", "test")["rmse"] == pytest.approx(0.5, rel=0.3)


def test_a_worse_champion_has_a_larger_rmse(trained: Path) -> None:
    (trained / "champion").mkdir()
    (trained / "champion/model.json").write_text('{"target": "fare", "weights": [2.0, 0.0]}')
    flags = [f"--challenger={trained}/model", f"--champion={trained}/champion", f"--test={trained}/test.parquet"]
    evaluate_models([*flags, f"--scores={trained}/scores.json"], linear_trainer.load_model)
    scores = json.loads((trained / "scores.json").read_text())
    assert scores["challenger"]["metrics"] == read_metrics(trained / "model", "test")
    assert scores["champion"]["metrics"]["rmse"] > scores["challenger"]["metrics"]["rmse"]


def test_a_served_model_answers_as_its_trainer_did(trained: Path) -> None:
    sample = json.loads((trained / "model/predictions.json").read_text())
    with serving(linear_trainer.__file__, uri=trained / "model") as served:
        served.wait_for("ready")
        status, answer = served.predict(*sample["instances"])
    assert (status, len(answer["predictions"])) == (200, 5)
    expected = [prediction["predicted"] for prediction in sample["predictions"]]
    assert answer["predictions"] == pytest.approx(expected)
    assert any("self-check passed: 5 rows" in line for line in served.lines)
