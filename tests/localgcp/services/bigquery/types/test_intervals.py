"""The text of intervals."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.types.intervals import interval_sql, interval_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-2 3 4:5:6", "14 months 3 days 14706000000 microseconds"),
        ("-1-2 -3 -4:5:6.5", "-14 months -3 days -14706500000 microseconds"),
        ("0-0 0 0:0:0", "0 months 0 days 0 microseconds"),
    ],
)
def test_months_days_and_time_each_have_a_sign(text: str, expected: str) -> None:
    assert interval_words(text) == expected


def test_literal_has_the_parts_that_its_type_names() -> None:
    assert interval_sql("10:30", "HOUR", "MINUTE") == "(to_months(0) + to_days(0) + to_microseconds(37800000000))"


@pytest.mark.parametrize("text", ["", "1 day", "1-2", "1-2 3 4:5"])
def test_invalid_text_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="Invalid INTERVAL value"):
        interval_words(text)
