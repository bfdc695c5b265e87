"""Whole numbers, booleans and times of the JSON API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.values import integer, is_true, rfc3339, timestamp


@pytest.mark.parametrize(("value", "expected"), [("7", 7), (7, 7), ("-1", -1), ("", None), (None, None)])
def test_integer_is_read_from_text_and_number(value: Any, expected: int | None) -> None:
    assert integer("generation", value) == expected


@pytest.mark.parametrize("value", ["1.0", "1e3", " 1", "one", "٣", True])
def test_error_names_the_field_that_is_not_a_whole_number(value: Any) -> None:
    with pytest.raises(ApiError, match="for generation: expected a whole number") as caught:
        integer("generation", value)
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), ("true", True), (False, False), ("false", False), (None, False)]
)
def test_boolean_is_read_from_json_and_text(value: Any, expected: bool) -> None:
    assert is_true({"enabled": value}, "enabled") is expected


def test_time_is_read_back_from_its_text() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert rfc3339(moment) == "2030-01-02T03:04:05.000006Z"
    assert timestamp(rfc3339(moment)) == moment


@pytest.mark.parametrize(("text", "problem"), [("soon", "RFC 3339"), ("2030-01-02T03:04:05", "no time zone")])
def test_invalid_time_is_a_400_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ApiError, match=problem) as caught:
        timestamp(text)
    assert caught.value.code == 400
