"""INTERVAL: converts between its text `Y-M D H:M:S`, Python values and DuckDB expressions.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#interval_type
"""

import re
from typing import Any

from localgcp.core.conventions.errors import invalid_argument

# The parts in the order of the text, each with the separator before it.
PARTS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_JOINTS = ("", "-", " ", " ", ":", ":")
_MONTHS = {"YEAR": 12, "MONTH": 1}
_MICROS = {"HOUR": 3_600_000_000, "MINUTE": 60_000_000, "SECOND": 1_000_000}
_CANONICAL = r"([-+]?)(\d+)-(\d+) ([-+]?\d+) ([-+]?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?"

MACROS = (
    "gs_interval_micros(value) AS datepart('hour', value) * 3600000000 + datepart('minute', value) * 60000000"
    " + datepart('microsecond', value)",
    "gs_interval_months(value) AS datepart('year', value) * 12 + datepart('month', value)",
    "gs_interval_fraction(micros) AS CASE WHEN micros % 1000000 = 0 THEN ''"
    " WHEN micros % 1000 = 0 THEN '.' || lpad(CAST(micros % 1000000 // 1000 AS VARCHAR), 3, '0')"
    " ELSE '.' || lpad(CAST(micros % 1000000 AS VARCHAR), 6, '0') END",
    "gs_interval_years(months) AS CASE WHEN months < 0 THEN '-' ELSE '' END"
    " || abs(months) // 12 || '-' || abs(months) % 12",
    "gs_interval_clock(micros) AS CASE WHEN micros < 0 THEN '-' ELSE '' END || abs(micros) // 3600000000"
    " || ':' || abs(micros) // 60000000 % 60 || ':' || abs(micros) // 1000000 % 60"
    " || gs_interval_fraction(abs(micros))",
    "gs_interval_text(value) AS gs_interval_years(gs_interval_months(value)) || ' ' || datepart('day', value)"
    " || ' ' || gs_interval_clock(gs_interval_micros(value))",
    # In ISO 8601, as TO_JSON_STRING writes it.
    "gs_interval_iso_part(number, unit) AS CASE WHEN number = 0 THEN '' ELSE number || unit END",
    "gs_interval_iso_seconds(micros) AS CASE WHEN micros % 60000000 = 0 THEN '' ELSE"
    " CASE WHEN micros < 0 THEN '-' ELSE '' END || abs(micros) // 1000000 % 60"
    " || rtrim(gs_interval_fraction(abs(micros)), '0') || 'S' END",
    "gs_interval_iso(value) AS CASE WHEN gs_interval_months(value) = 0 AND datepart('day', value) = 0"
    " AND gs_interval_micros(value) = 0 THEN 'P0Y' ELSE 'P' || gs_interval_iso_part(datepart('year', value), 'Y')"
    " || gs_interval_iso_part(datepart('month', value), 'M') || gs_interval_iso_part(datepart('day', value), 'D')"
    " || CASE WHEN gs_interval_micros(value) = 0 THEN '' ELSE 'T' END"
    " || gs_interval_iso_part(datepart('hour', value), 'H') || gs_interval_iso_part(datepart('minute', value), 'M')"
    " || gs_interval_iso_seconds(datepart('microsecond', value)) END",
    "gs_interval_of(months, days, micros) AS"
    " to_months(CAST(months AS INTEGER)) + to_days(CAST(days AS INTEGER)) + to_microseconds(CAST(micros AS BIGINT))",
    f"gs_interval_match(given) AS regexp_extract(given, '^{_CANONICAL}$',"
    " ['s1', 'y', 'mo', 'd', 's2', 'h', 'mi', 's', 'f'])",
    "gs_interval_parsed(found) AS gs_interval_of("
    "(found.y::BIGINT * 12 + found.mo::BIGINT) * CASE WHEN found.s1 = '-' THEN -1 ELSE 1 END, found.d::BIGINT,"
    " ((found.h::BIGINT * 60 + found.mi::BIGINT) * 60000000 + found.s::BIGINT * 1000000"
    " + rpad(found.f, 6, '0')::BIGINT)"
    " * CASE WHEN found.s2 = '-' THEN -1 ELSE 1 END)",
    f"gs_interval(given) AS CASE WHEN regexp_full_match(given, '{_CANONICAL}')"
    " THEN gs_interval_parsed(gs_interval_match(given))"
    " WHEN given IS NOT NULL THEN gs_error('Invalid INTERVAL value: ' || given) END",
    "gs_make_interval(years, months, days, hours, minutes, seconds) AS gs_interval_of("
    "years * 12 + months, days, hours * 3600000000 + minutes * 60000000 + seconds * 1000000)",
    "gs_justify_hours(value) AS gs_interval_of(gs_interval_months(value), 0, 0) +"
    " gs_justified_hours(datepart('day', value) * 86400000000 + gs_interval_micros(value))",
    "gs_justified_hours(micros) AS to_days(CAST(trunc(micros / 86400000000) AS INTEGER))"
    " + to_microseconds(micros % 86400000000)",
    "gs_justify_days(value) AS gs_interval_of(trunc((gs_interval_months(value) * 30 + datepart('day', value)) / 30),"
    " (gs_interval_months(value) * 30 + datepart('day', value)) % 30, gs_interval_micros(value))",
    # By a lambda: DuckDB would put the one macro into the other nine times, and spend seconds on the plan.
    "gs_justify_interval(value) AS list_transform([gs_justify_hours(value)], lambda hours: gs_justify_days(hours))[1]",
)


def interval_sql(text: str, first: str = "YEAR", last: str = "SECOND") -> str:
    """Return the DuckDB expression for an interval literal.

    Args:
        text: the value, for example `1-2 3 4:5:6`.
        first, last: the first and last datetime part in the text, for example YEAR and SECOND.

    Raises:
        ApiError: 400 if the text does not have these parts.
    """
    months, days, micros = _parsed(text, first.upper(), last.upper())
    return f"(to_months({months}) + to_days({days}) + to_microseconds({micros}))"


def interval_words(text: str) -> str:
    """Return an interval in the form that DuckDB casts from, such as `14 months 3 days 0 microseconds`.

    Raises:
        ApiError: 400 if the text does not have the form `Y-M D H:M:S`.
    """
    months, days, micros = _parsed(text, "YEAR", "SECOND")
    return f"{months} months {days} days {micros} microseconds"


def _parsed(text: str, first: str, last: str) -> tuple[int, int, int]:
    if first not in PARTS or last not in PARTS or PARTS.index(first) > PARTS.index(last):
        raise invalid_argument(f"Invalid datetime parts for INTERVAL: {first} TO {last}", "invalidQuery")
    names = PARTS[PARTS.index(first) : PARTS.index(last) + 1]
    found = re.fullmatch(_pattern(names), text.strip())
    if found is None:
        raise invalid_argument(f"Invalid INTERVAL value '{text}'", "invalidQuery")
    signs = {"YEAR": "years", "MONTH": "years", "HOUR": "clock", "MINUTE": "clock", "SECOND": "clock"}
    months = days = micros = 0
    for name in names:
        number = found[name]
        sign = -1 if name in signs and found.groupdict().get(signs[name]) == "-" else 1
        if name == "DAY":
            days = int(number)
        elif name in _MONTHS:
            months += sign * int(number) * _MONTHS[name]
        else:
            whole, _, fraction = number.partition(".")
            micros += sign * (int(whole) * _MICROS[name] + int(fraction.ljust(6, "0")[:6] or 0))
    return months, days, micros


def _pattern(names: tuple[str, ...]) -> str:
    pattern = ""
    signed: set[str] = set()
    for position, name in enumerate(names):
        group = "years" if name in _MONTHS else "clock"
        sign = ""
        if name == "DAY":
            number = r"[-+]?\d+"
        else:
            number = r"\d+(?:\.\d{1,9})?" if name == "SECOND" else r"\d+"
            sign = "" if group in signed else f"(?P<{group}>[-+]?)"
            signed.add(group)
        joint = _JOINTS[PARTS.index(name)] if position else ""
        pattern += f"{joint}{sign}(?P<{name}>{number})"
    return pattern


def interval_text(value: Any) -> str:
    """Return the REST API's text of an interval that Arrow returned to Python."""
    months, days, micros = value.months, value.days, value.nanoseconds // 1000
    whole, fraction = divmod(abs(micros), 1_000_000)
    digits = f".{fraction:06d}" if fraction % 1000 else f".{fraction // 1000:03d}" if fraction else ""
    years = f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"
    clock = f"{'-' if micros < 0 else ''}{whole // 3600}:{whole // 60 % 60}:{whole % 60}{digits}"
    return f"{years} {days} {clock}"
