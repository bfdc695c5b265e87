"""Comparing a loaded model's answers with those that its trainer recorded."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from trainer_common.failures import UserError
from trainer_common.predictions.instances import Column, Instance, Kind
from trainer_common.predictions.self_check import check_answers


class Echo:
    """A model that answers with x."""

    columns = (Column("x", Kind.NUMBER),)

    def __init__(self) -> None:
        self.asked: list[Instance] = []

    def predict(self, instances: Sequence[Instance]) -> list[object]:
        self.asked.extend(instances)
        return [instance["x"] for instance in instances]

    def difference(self, answer: object, recorded: Mapping[str, Any]) -> str | None:
        expected = float(recorded["value"])
        return None if answer == expected else f"expected {expected}, found {answer}"


def check(folder: Path, instances: object, predictions: object) -> list[Instance]:
    """Check `Echo`; return the instances that it was asked."""
    (folder / "predictions.json").write_text(json.dumps({"instances": instances, "predictions": predictions}))
    model = Echo()
    check_answers(str(folder), model)
    return model.asked


def test_objects_and_lists_are_asked_by_column(tmp_path: Path) -> None:
    assert check(tmp_path, [{"x": 1}, [2]], [{"value": 1}, {"value": 2}]) == [{"x": 1.0}, {"x": 2.0}]


def test_the_first_answer_that_differs_is_named(tmp_path: Path) -> None:
    message = r"does not answer as its trainer did: predictions\.json, instances\[1\]: expected 3\.0, found 2\.0;"
    with pytest.raises(UserError, match=message):
        check(tmp_path, [[1], [2]], [{"value": 1}, {"value": 3}])


@pytest.mark.parametrize(
    ("instances", "predictions"),
    [([[1]], []), ([[1]], [{}]), ([[1]], [{"value": "x"}]), ([["x"]], [{"value": 1}]), ([[1]], [1]), (None, None)],
)
def test_a_malformed_file_is_a_user_error(tmp_path: Path, instances: object, predictions: object) -> None:
    with pytest.raises(UserError, match=r"predictions\.json: expected instances with a prediction of each"):
        check(tmp_path, instances, predictions)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"instances": [], "predictions": []}'])
def test_another_file_is_a_user_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "predictions.json").write_text(content)
    with pytest.raises(UserError, match=r"predictions\.json: expected instances with a prediction of each"):
        check_answers(str(tmp_path), Echo())


def test_fewer_predictions_than_instances_are_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="2 instances and 1 predictions"):
        check(tmp_path, [[1], [2]], [{"value": 1}])


def test_without_the_file_the_check_passes_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_answers(str(tmp_path), Echo())
    assert "answers of this model are not checked" in caplog.text
