"""Rules of having a loaded model answer its trainer's sample."""

import json
from pathlib import Path

import pytest
from trainer_common.failures import UserError
from trainer_common.instances import Column, Instance, Kind
from trainer_common.self_check import check_answers

COLUMNS = (Column("x", Kind.NUMBER),)


def check(folder: Path, instances: object, predictions: object) -> list[Instance]:
    """Checks a model that answers with x itself; returns what it was asked."""
    (folder / "predictions.json").write_text(json.dumps({"instances": instances, "predictions": predictions}))
    asked: list[Instance] = []

    def predict(rows: "list[Instance]") -> list[object]:
        asked.extend(rows)
        return [row["x"] for row in rows]

    check_answers(
        str(folder),
        COLUMNS,
        predict,  # type: ignore[arg-type]
        lambda prediction: float(prediction["value"]),
        lambda answer, expected: None if answer == expected else f"expected {expected}, found {answer}",
    )
    return asked


def test_objects_and_lists_are_asked_by_column(tmp_path: Path) -> None:
    assert check(tmp_path, [{"x": 1}, [2]], [{"value": 1}, {"value": 2}]) == [{"x": 1.0}, {"x": 2.0}]


def test_the_first_answer_that_differs_is_named(tmp_path: Path) -> None:
    message = r"does not answer as its trainer did: predictions\.json, instances\[1\]: expected 3\.0, found 2\.0;"
    with pytest.raises(UserError, match=message):
        check(tmp_path, [[1], [2]], [{"value": 1}, {"value": 3}])


@pytest.mark.parametrize(
    ("instances", "predictions"),
    [([[1]], []), ([[1]], [{}]), ([[1]], [{"value": "x"}]), ([["x"]], [{"value": 1}]), (None, None)],
)
def test_a_sample_of_another_form_is_a_user_error(tmp_path: Path, instances: object, predictions: object) -> None:
    with pytest.raises(UserError, match=r"predictions\.json: expected instances with a prediction of each"):
        check(tmp_path, instances, predictions)
