"""The prediction server of this trainer: `python -m trainer.serve`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from trainer import task
from trainer.bundle import load_model
from trainer.features import FEATURES
from trainer_common.predictions.self_check import check_answers
from trainer_common.testing.server_process import ServerProcess, serving

TRAIN = ["--target=Cover_Type", "--positive_class=3", "--n_estimators=4", "--learning_rate=0.5"]


@pytest.fixture(scope="module")
def trained(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    task.main([f"--train={export}/train", f"--test={export}/test", *TRAIN, f"--job-dir={folder}"])
    return folder


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    for name in ("model.ubj", "predictions.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def served(trained: Path) -> Iterator[ServerProcess]:
    with serving("trainer.serve", uri=trained) as running:
        running.wait_for("ready")
        yield running


def sample(folder: Path) -> dict[str, list[dict[str, object]]]:
    document: dict[str, list[dict[str, object]]] = json.loads((folder / "predictions.json").read_text())
    return document


def test_a_served_model_answers_as_its_trainer_did(served: ServerProcess, trained: Path) -> None:
    expected = [{key: p[key] for key in ("probability", "predicted")} for p in sample(trained)["predictions"]]
    assert served.predict(*sample(trained)["instances"]) == (200, {"predictions": expected})
    assert any("self-check passed: 20 rows" in line for line in served.lines)


def test_a_missing_value_and_an_unseen_category_are_answered(served: ServerProcess, trained: Path) -> None:
    row = sample(trained)["instances"][0]
    status, answer = served.predict(dict.fromkeys(FEATURES), row | {"Soil_Type": "C999", "Slope": None})
    assert (status, len(answer["predictions"])) == (200, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Elevation": "abc"}, "instances[1].Elevation: expected a number, found 'abc'"),
        ({"Soil_Type": False}, "instances[1].Soil_Type: expected text or a whole number, found false"),
        ({"Cover_Type": 3}, "instances[1].Cover_Type: no such column; expected Elevation, Aspect,"),
    ],
)
def test_a_wrong_instance_is_named(
    served: ServerProcess, trained: Path, change: dict[str, object], message: str
) -> None:
    row = sample(trained)["instances"][0]
    status, answer = served.predict(row, row | change)
    assert status == 400
    assert str(answer["error"]).startswith(message)


def test_a_model_with_other_answers_is_never_served(copied: Path) -> None:
    document = sample(copied)
    probability = document["predictions"][2]["probability"]
    assert isinstance(probability, float)
    document["predictions"][2]["probability"] = probability + 2e-6
    (copied / "predictions.json").write_text(json.dumps(document))
    with serving("trainer.serve", uri=copied) as running:
        assert running.exit_code() == 2
    assert "does not answer as its trainer did: predictions.json, instances[2]" in running.lines[-1]
    assert "Traceback" not in "".join(running.lines)


def test_a_difference_within_the_tolerance_passes(copied: Path) -> None:
    document = sample(copied)
    for prediction in document["predictions"]:
        prediction["probability"] = float(str(prediction["probability"])) + 5e-7
    (copied / "predictions.json").write_text(json.dumps(document))
    check_answers(str(copied), load_model(str(copied)))


def test_a_folder_without_a_model_ends_the_server_with_one_line(tmp_path: Path) -> None:
    with serving("trainer.serve", uri=tmp_path) as running:
        assert running.exit_code() == 2
    assert running.lines[-1] == f"error: no file at '{tmp_path}/model.ubj': check the path\n"
