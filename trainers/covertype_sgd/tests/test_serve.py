"""The prediction server of this trainer: `python -m trainer.serve`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from trainer import task
from trainer.features import FEATURES
from trainer_common.testing.server_process import ServerProcess, serving


@pytest.fixture(scope="module")
def trained(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    splits = [f"--training_dataset_path={export}/train", f"--validation_dataset_path={export}/validation"]
    tuned = ["--alpha=0.001", "--max_iter=200"]
    task.main([*splits, f"--test_dataset_path={export}/test", *tuned, f"--job_dir={folder}"])
    return folder / "model"


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    for name in ("model.joblib", "predictions.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def served(trained: Path) -> Iterator[ServerProcess]:
    with serving("trainer.serve", uri=trained) as running:
        running.wait_for("ready")
        yield running


def sample(folder: Path) -> dict[str, list[Any]]:
    document: dict[str, list[Any]] = json.loads((folder / "predictions.json").read_text())
    return document


def test_a_served_model_answers_lists_with_the_classes_of_its_trainer(served: ServerProcess, trained: Path) -> None:
    expected = [prediction["predicted"] for prediction in sample(trained)["predictions"]]
    assert served.predict(*sample(trained)["instances"]) == (200, {"predictions": expected})
    assert any("self-check passed: 20 rows" in line for line in served.lines)


def test_objects_are_answered_as_lists_are(served: ServerProcess, trained: Path) -> None:
    lists = sample(trained)["instances"]
    objects = [dict(zip(FEATURES, values, strict=True)) for values in lists]
    assert served.predict(*objects) == served.predict(*lists)


def test_an_unseen_soil_code_is_answered(served: ServerProcess, trained: Path) -> None:
    row = sample(trained)["instances"][0]
    status, answer = served.predict([*row[:11], "C9999"], [*row[:11], 4758])
    assert (status, len(answer["predictions"])) == (200, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, "2841.0", "instances[1].Elevation: expected a number, found '2841.0'"),
        (2, None, "instances[1].Slope: expected a number, found null"),
        (11, None, "instances[1].Soil_Type: expected text or a whole number, found null"),
    ],
)
def test_a_wrong_value_is_named(served: ServerProcess, trained: Path, place: int, value: object, message: str) -> None:
    row = sample(trained)["instances"][0]
    wrong = [*row[:place], value, *row[place + 1 :]]
    assert served.predict(row, wrong) == (400, {"error": message})


def test_a_list_of_another_length_is_named(served: ServerProcess, trained: Path) -> None:
    row = sample(trained)["instances"][0]
    status, answer = served.predict(row, row[:11])
    assert status == 400
    assert str(answer["error"]).startswith("instances[1]: expected 12 values, found 11; the order is Elevation, Aspect")


def test_a_model_with_other_answers_is_never_served(copied: Path) -> None:
    document = sample(copied)
    document["predictions"][2]["predicted"] += 1
    (copied / "predictions.json").write_text(json.dumps(document))
    with serving("trainer.serve", uri=copied) as running:
        assert running.exit_code() == 2
    assert "does not answer as its trainer did: predictions.json, instances[2]: expected class" in running.lines[-1]
    assert "Traceback" not in "".join(running.lines)


def test_a_folder_without_a_model_ends_the_server_with_one_line(tmp_path: Path) -> None:
    with serving("trainer.serve", uri=tmp_path) as running:
        assert running.exit_code() == 2
    assert running.lines[-1] == f"error: no file at '{tmp_path}/model.joblib': check the path\n"
