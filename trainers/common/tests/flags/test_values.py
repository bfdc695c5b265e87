"""Reading the values of flags."""

import argparse

import pytest
from trainer_common.flags.values import integer, locations, number


def test_a_whole_number_may_come_as_a_float() -> None:
    assert [integer(text) for text in ("200", "200.0", "2e2", "-1")] == [200, 200, 200, -1]


@pytest.mark.parametrize("text", ["200.5", "many", "", "nan", "inf"])
def test_another_number_is_not_a_whole_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        integer(text)


@pytest.mark.parametrize("text", ["a", "", "nan", "inf"])
def test_a_number_is_finite(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a number"):
        number(text)


def test_locations_are_separated_by_commas() -> None:
    assert locations("a, b,,c") == ["a", "b", "c"]
