"""The end of messages about unknown names."""

import pytest

from timberline.run.wording import did_you_mean, nearest

_KNOWN = ("maximum", "minimum", "seed")


@pytest.mark.parametrize(("name", "expected"), [("minValue", "minimum"), ("SEED", "seed"), ("xyzzy", None)])
def test_the_most_similar_name_is_near_and_letter_case_does_not_count(name: str, expected: str | None) -> None:
    assert nearest(name, _KNOWN) == expected


def test_a_near_name_is_suggested() -> None:
    assert did_you_mean("maximun", _KNOWN) == "did you mean 'maximum'?"


def test_without_a_near_name_all_names_are_listed() -> None:
    assert did_you_mean("xyzzy", ("b", "a")) == "expected one of a, b"
