"""Comparing one answer with the recorded one."""

import math

import pytest
from trainer_common.predictions.differences import class_difference, probability_difference, value_difference


def test_equal_classes_do_not_differ() -> None:
    assert class_difference(3, 3) is None
    assert class_difference(2, 3) == "expected class 3, found 2"


@pytest.mark.parametrize(("found", "differs"), [(0.5000005, False), (0.500002, True), (math.nan, True)])
def test_probabilities_may_differ_by_a_millionth(found: float, differs: bool) -> None:
    assert (probability_difference(found, 0.5) is not None) == differs


@pytest.mark.parametrize(
    ("found", "expected", "differs"),
    [
        (1e9 + 100, 1e9, False),
        (1e9 + 2000, 1e9, True),
        (5e-7, 0.0, False),
        (2e-6, 0.0, True),
        (math.nan, 1.0, True),
        (math.inf, 1.0, True),
    ],
)
def test_values_may_differ_by_a_millionth_of_their_size(found: float, expected: float, differs: bool) -> None:
    assert (value_difference(found, expected) is not None) == differs
