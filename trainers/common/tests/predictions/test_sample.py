"""The test rows that a trainer records with its answers."""

import numpy as np
import pytest
from trainer_common.predictions.sample import choose_rows, sample_document


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, [0]), (3, [0, 3, 5]), (5, [0, 1, 3, 4, 5]), (6, [0, 1, 2, 3, 4, 5]), (9, list(range(7)))]
)
def test_classes_take_turns_and_rows_keep_their_order(count: int, chosen: list[int]) -> None:
    assert choose_rows(np.array([1, 1, 1, 2, 2, 3, 1]), count).tolist() == chosen


def test_up_to_half_of_the_rows_are_of_a_rare_class() -> None:
    labels = np.array([False] * 50 + [True] * 5)
    assert choose_rows(labels, 20).tolist() == [*range(15), 50, 51, 52, 53, 54]
    assert choose_rows(labels, 6).tolist() == [0, 1, 2, 50, 51, 52]


def test_a_plain_answer_is_recorded_as_predicted() -> None:
    assert sample_document([[1.0, "a"], [2.0, "b"]], [7, 7], np.array([3, 1])) == {
        "instances": [[1.0, "a"], [2.0, "b"]],
        "predictions": [{"predicted": 7, "label": 3}, {"predicted": 7, "label": 1}],
    }


def test_the_keys_of_an_answer_are_recorded_beside_a_boolean_label_as_0_or_1() -> None:
    (prediction,) = sample_document([{"x": 1}], [{"probability": 0.5}], np.array([True]))["predictions"]  # type: ignore[misc]
    assert prediction == {"probability": 0.5, "label": 1}
    assert type(prediction["label"]) is int


def test_the_label_of_a_regression_model_is_a_number() -> None:
    assert sample_document([[1]], [2.5], np.array([2.25]))["predictions"] == [{"predicted": 2.5, "label": 2.25}]
