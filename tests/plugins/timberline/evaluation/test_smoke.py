"""A deployed version has to answer as its trainer did."""

import math
from typing import Any

import pytest

from timberline.evaluation.smoke import Tolerance, compare, read_rows, requests_needed
from timberline.release.results import SmokeResult
from timberline.run.errors import DataError

_LABELS = (0, 0, 0, 1)
_DOCUMENT = {
    "instances": [{"Elevation": number} for number in range(4)],
    "predictions": [{"probability": 0.25, "predicted": 0, "label": label} for label in _LABELS],
}
_ROWS = read_rows(_DOCUMENT, "gs://b/predictions.json")


def _answers(*probabilities: Any) -> list[Any]:
    return [{"probability": each, "predicted": 0} for each in probabilities]


def test_equal_answers_have_no_problem() -> None:
    found = compare("3", _ROWS, _answers(0.25, 0.25, 0.25, 0.25))
    assert (found.problem, found.rows, found.max_abs_difference) == (None, 4, 0.0)


def test_a_difference_within_the_tolerance_is_none() -> None:
    assert compare("3", _ROWS, _answers(0.25, 0.25, 0.25 + 5e-7, 0.25)).problem is None


def test_a_large_value_may_differ_by_a_fraction_of_itself() -> None:
    rows = read_rows({"instances": [[1.0]], "predictions": [{"predicted": 52_000.0, "label": 50_000.0}]}, "uri")
    assert compare("Airport", rows, [52_000.004]).problem is None
    found = compare("Airport", rows, [52_000.4])
    assert found.problem is not None
    assert "predicted 52000.400000, expected 52000.000000" in found.problem
    assert compare("Airport", rows, [52_000.4], Tolerance(relative=1e-5)).problem is None


def test_a_larger_difference_names_the_row_and_both_numbers() -> None:
    found = compare("3", _ROWS, _answers(0.25, 0.25, 0.75, 0.2502))
    assert found.max_abs_difference == 0.5
    assert found.problem is not None
    assert "2 of 4 predictions" in found.problem
    assert "row 2: probability 0.750000, expected 0.250000" in found.problem


@pytest.mark.parametrize("wrong", [math.nan, math.inf, None, "0.25", True])
def test_an_answer_that_is_no_number_is_a_problem(wrong: Any) -> None:
    found = compare("3", _ROWS, _answers(0.25, wrong, 0.25, 0.25))
    assert found.problem is not None
    assert "predictions[1]" in found.problem
    assert found.max_abs_difference is None


def test_too_few_answers_are_a_problem() -> None:
    assert compare("3", _ROWS, _answers(0.25)).problem == "1 predictions for 4 instances"


def test_samples_show_both_labels_where_there_are_both() -> None:
    found = compare("3", _ROWS, _answers(0.25, 0.25, 0.25, 0.25))
    assert [sample["label"] for sample in found.samples] == [0, 0, 1]
    assert found.samples[0] == {"label": 0, "probability": 0.25, "predicted": 0}


def test_the_result_is_read_back_as_it_was_written() -> None:
    found = compare("3", _ROWS, _answers(0.25, 0.25, 0.25, 0.25))
    assert SmokeResult.from_json(found.to_json()) == found


@pytest.mark.parametrize("percent", [1, 2, 10, 50, 99])
def test_so_many_requests_that_a_miss_is_no_chance(percent: int) -> None:
    missed = 1 - percent / 100
    assert missed ** requests_needed(percent) <= 1e-9 < missed ** (requests_needed(percent) - 1)


def test_one_request_reaches_who_gets_all() -> None:
    assert requests_needed(100) == 1


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "expected lists `instances` and `predictions`, found nothing"),
        ({"instances": [], "predictions": []}, "found instances, predictions"),
        ({"instances": [{}], "predictions": []}, "found 0 for 1"),
        (
            {"instances": [{}], "predictions": [{"probability": None}]},
            r"predictions\[0\]: expected a number `probability`",
        ),
        ({"instances": [[1]], "predictions": [{"label": 1}]}, r"predictions\[0\]: expected a number `predicted`"),
    ],
)
def test_an_unusable_document_is_told_with_its_name(document: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=f"gs://b/predictions.json: .*{words}"):
        read_rows(document, "gs://b/predictions.json")


_LISTS = read_rows(
    {
        "instances": [[1.0, "a"], [2.0, "b"]],
        "predictions": [{"predicted": 2, "label": 2}, {"predicted": 1, "label": 2}],
    },
    "gs://b/predictions.json",
)


def test_a_model_without_probabilities_is_compared_by_its_classes() -> None:
    found = compare("all", _LISTS, [2, 1])
    assert (found.problem, found.max_abs_difference, found.rows) == (None, 0.0, 2)
    assert found.samples == ({"label": 2, "predicted": 2}, {"label": 2, "predicted": 1})


def test_another_class_is_a_difference() -> None:
    problem = compare("all", _LISTS, [2, 2]).problem
    assert problem is not None
    assert "row 1: predicted 2.000000, expected 1.000000" in problem
