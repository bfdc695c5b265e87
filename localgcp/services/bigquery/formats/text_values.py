"""Parses numbers, booleans, dates and times by the rules of load jobs."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

INT64 = range(-(1 << 63), 1 << 63)
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
_DATE = r"(\d{1,4})[-/](\d{1,2})[-/](\d{1,2})"
_TIME = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?"
_DATE_ONLY = re.compile(rf"\s*{_DATE}\s*", re.ASCII)
_TIME_ONLY = re.compile(rf"\s*{_TIME}\s*", re.ASCII)
_MOMENT = re.compile(rf"\s*{_DATE}(?:[ Tt]+{_TIME})?\s*(.*?)\s*", re.ASCII)
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_WIDE = Context(prec=80)
_DIGITS = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}
_TRUE = frozenset(("true", "t", "yes", "y", "1"))
_FALSE = frozenset(("false", "f", "no", "n", "0"))


def integer_of(text: str) -> int:
    """Parse an INT64.

    Raises:
        ValueError: the text has another format.
    """
    if not _INTEGER.fullmatch(text) or (value := int(text)) not in INT64:
        raise ValueError(text)
    return value


def boolean_of(text: str) -> bool:
    """Parse a BOOL.

    Raises:
        ValueError: the text has another format.
    """
    word = text.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise ValueError(text)
    return word in _TRUE


def numeric_of(text: str, kind: str = "NUMERIC") -> Decimal:
    """Parse a NUMERIC or BIGNUMERIC; excess digits after the point are rounded half away from zero.

    Args:
        kind: `NUMERIC` or `BIGNUMERIC`.

    Raises:
        ValueError: the text has another format, or the number is too large.
    """
    whole, scale = _DIGITS[kind]
    try:
        value = Decimal(text.strip())
        rounded = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _WIDE)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not rounded.is_finite() or rounded.adjusted() >= whole:
        raise ValueError(text)
    return rounded


def date_of(text: str) -> date:
    """Parse a DATE.

    Raises:
        ValueError: the text has another format.
    """
    found = _DATE_ONLY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(*map(int, found.groups()))


def time_of(text: str) -> time:
    """Parse a TIME.

    Raises:
        ValueError: the text has another format.
    """
    found = _TIME_ONLY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return _time(found.groups())


def datetime_of(text: str) -> datetime:
    """Parse a DATETIME.

    Raises:
        ValueError: the text has another format.
    """
    found = _MOMENT.fullmatch(text)
    if found is None or found[8]:
        raise ValueError(text)
    return _moment(found)


def timestamp_of(text: str, zone: tzinfo = UTC) -> datetime:
    """Parse a TIMESTAMP.

    Args:
        zone: the zone of a text without a zone.

    Raises:
        ValueError: the text has another format.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    named = zone if not found[8] else zone_of(found[8])
    return _moment(found).replace(tzinfo=named).astimezone(UTC)


def zone_of(text: str) -> tzinfo:
    """Parse a time zone: Z, UTC, an offset, or a name of the IANA database.

    Raises:
        ValueError: the text has another format.
    """
    if text.upper() in ("Z", "UTC"):
        return UTC
    if (found := _OFFSET.fullmatch(text)) is not None:
        shift = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(shift if found[1] == "+" else -shift)
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(text) from error


def _moment(found: "re.Match[str]") -> datetime:
    day = date(*map(int, found.groups()[:3]))
    return datetime.combine(day, _time(found.groups()[3:7]) if found[4] else time())


def _time(parts: tuple[str | None, ...]) -> time:
    hours, minutes, seconds, fraction = parts
    micros = int(f"{fraction or '0':0<6}"[:6])
    return time(int(hours or 0), int(minutes or 0), int(seconds or 0), micros)
