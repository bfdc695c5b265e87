"""Rules of the prediction server of this trainer: `python -m trainer.serve`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, serving
from trainer import task
from trainer.self_check import check_bundle
from trainer.serve import COLUMNS, load
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError

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
def served(trained: Path) -> Iterator[Served]:
    with serving("-m", "trainer.serve", uri=trained) as running:
        running.wait_for("ready")
        yield running


def sample(folder: Path) -> dict[str, list[dict[str, object]]]:
    document: dict[str, list[dict[str, object]]] = json.loads((folder / "predictions.json").read_text())
    return document


def test_a_served_model_answers_as_its_trainer_did(served: Served, trained: Path) -> None:
    expected = [{key: p[key] for key in ("probability", "predicted")} for p in sample(trained)["predictions"]]
    assert served.predict(*sample(trained)["instances"]) == (200, {"predictions": expected})
    assert any("self-check passed: 20 rows" in line for line in served.lines)


def test_a_missing_value_and_an_unseen_category_are_answered(served: Served, trained: Path) -> None:
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
def test_a_wrong_instance_is_named(served: Served, trained: Path, change: dict[str, object], message: str) -> None:
    row = sample(trained)["instances"][0]
    status, answer = served.predict(row, row | change)
    assert status == 400
    assert str(answer["error"]).startswith(message)


def test_a_model_that_answers_otherwise_is_never_served(copied: Path) -> None:
    document = sample(copied)
    probability = document["predictions"][2]["probability"]
    assert isinstance(probability, float)
    document["predictions"][2]["probability"] = probability + 2e-6
    (copied / "predictions.json").write_text(json.dumps(document))
    with serving("-m", "trainer.serve", uri=copied) as running:
        assert running.outcome() == 2
    assert "does not answer as its trainer did: predictions.json, instances[2]" in running.lines[-1]
    assert "Traceback" not in "".join(running.lines)


def test_a_difference_within_the_tolerance_is_none(copied: Path) -> None:
    document = sample(copied)
    for prediction in document["predictions"]:
        prediction["probability"] = float(str(prediction["probability"])) + 5e-7
    (copied / "predictions.json").write_text(json.dumps(document))
    load(str(copied))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"instances": [1], "predictions": []}'])
def test_a_sample_that_cannot_be_read_is_a_user_error(copied: Path, content: str) -> None:
    (copied / "predictions.json").write_text(content)
    with pytest.raises(UserError, match=r"predictions\.json: expected instances with a prediction of each"):
        load(str(copied))


def test_fewer_predictions_than_instances_are_a_user_error(copied: Path) -> None:
    document = sample(copied)
    document["predictions"].pop()
    (copied / "predictions.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match="20 instances and 19 predictions"):
        load(str(copied))


def test_a_model_without_a_sample_is_served_with_a_warning(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    (copied / "predictions.json").unlink()
    check_bundle(load(str(copied)).bundle, str(copied), COLUMNS)
    assert "answers of this model are not checked" in caplog.text


def test_a_folder_without_a_bundle_ends_the_server_with_one_line(tmp_path: Path) -> None:
    with serving("-m", "trainer.serve", uri=tmp_path) as running:
        assert running.outcome() == 2
    assert running.lines[-1] == f"error: no file at '{tmp_path}/model.ubj': check the path\n"
