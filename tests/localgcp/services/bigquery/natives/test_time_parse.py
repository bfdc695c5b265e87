"""The PARSE functions of dates and times read what the FORMAT functions write."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.natives import time_format, time_parse
from localgcp.services.bigquery.natives.native import SqlError

_OF = {native.name: native.function for native in (*time_format.NATIVES, *time_parse.NATIVES)}
_WHOLE = ("%Y-%m-%d %H:%M:%E6S", "%E4Y%m%dT%H%M%E*S", "%A, %e %B %Y, %I:%M:%E6S %p", "%F %k:%M:%E6S", "%Y/%j %R:%E6S")
_DATES = ("%F", "%D %C", "%d %b %Y", "%G-W%V-%u", "%Y %j", "%Y %U %w", "%Y %W %u", "%a %d %h %C%y")


@pytest.mark.parametrize("pattern", _WHOLE)
@given(moment=st.datetimes())
def test_datetime_is_parsed_from_its_text(pattern: str, moment: datetime) -> None:
    assert _OF["gs_parse_datetime"](pattern, _OF["gs_format_datetime"](pattern, moment)) == moment


@pytest.mark.parametrize("pattern", _DATES)
@given(day=st.dates())
def test_date_is_parsed_from_its_text(pattern: str, day: date) -> None:
    assert _OF["gs_parse_date"](pattern, _OF["gs_format_date"](pattern, day)) == day


@given(
    moment=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    zone=st.sampled_from(["UTC", "+05:30", "-08", "Europe/Berlin", "Asia/Kolkata"]),
)
def test_timestamp_is_parsed_from_its_text_with_an_offset_and_from_seconds(moment: datetime, zone: str) -> None:
    for pattern in ("%F %T %Ez", "%s"):
        text = _OF["gs_format_utc"](pattern, moment, zone)
        if pattern == "%s":
            assert int(text) == moment.replace(tzinfo=UTC).timestamp()
        assert abs(_OF["gs_parse_utc"](pattern, text, "UTC") - moment).total_seconds() < 60


def test_unknown_time_zone_is_refused() -> None:
    with pytest.raises(SqlError, match="Invalid time zone: Mars/Olympus"):
        _OF["gs_parse_utc"]("%F", "2024-01-02", "Mars/Olympus")
