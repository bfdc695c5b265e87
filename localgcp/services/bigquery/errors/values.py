"""BigQuery's messages for values that DuckDB refuses while a statement runs."""

import re
from collections.abc import Callable

from localgcp.services.bigquery.errors.type_names import standard_name

_LIKELY_TYPES = {"int32": "int64"}


def value_message(text: str) -> str | None:
    """Return BigQuery's message for one of DuckDB's, or None if there is no counterpart."""
    for pattern, words in _RULES:
        if match := pattern.search(text):
            return words(match)
    return None


def _bad(match: "re.Match[str]") -> str:
    kind = match["kind"].lower()
    return f"Bad {_LIKELY_TYPES.get(kind, kind)} value: {match['value']}"


def _out_of_range(match: "re.Match[str]") -> str:
    if match["source"] == "DOUBLE":
        return f"{match['target'].lower()} out of range: {match['value']}"
    return f"int64 overflow: {match['value']}"


def _decimal(match: "re.Match[str]") -> str:
    value, kind = match["value"], standard_name(match["kind"])
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", value):
        return f"{kind} out of range: {value}".replace(kind, kind.lower())
    return f"Invalid {kind} value: {value}"


_RULES: tuple[tuple["re.Pattern[str]", Callable[["re.Match[str]"], str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (
            r"Overflow in (?:addition|subtraction|multiplication) of INT64 \((?P<terms>.*)\)",
            lambda match: f"int64 overflow: {match['terms']}",
        ),
        (r"Overflow on abs\((?P<value>.*)\)", lambda match: f"int64 overflow: ABS({match['value']})"),
        (r"Type (?P<source>\w+) with value (?P<value>\S+) can't be cast .* type (?P<target>INT64)", _out_of_range),
        (r"Could not (?:convert string|cast value) \"?(?P<value>.*?)\"? to (?P<kind>DECIMAL\(\d+,\d+\))", _decimal),
        (r"string '(?P<value>.*)' to (?P<kind>\w+)", _bad),
        (r'(?:invalid|value out of range).* "(?P<value>[^"]*)", expected format is \(YYYY-MM-DD\)', lambda match:
            f"Invalid date: '{match['value']}'"),
        (r'date field value out of range: "(?P<value>[^"]*)"', lambda match: f"Invalid date: '{match['value']}'"),
        (r'timestamp field (?:value|format).*?: "(?P<value>[^"]*)"', lambda match:
            f"Invalid timestamp: '{match['value']}'"),
        (r'time field value out of range: "(?P<value>[^"]*)"', lambda match:
            f"Invalid time string \"{match['value']}\""),
        (
            r"Unimplemented type for cast \((?P<left>.+) -> (?P<right>.+?)\)",
            lambda match: f"Invalid cast from {standard_name(match['left'])} to {standard_name(match['right'])}",
        ),
        (r"More than one row returned by a subquery", lambda _: "Scalar subquery produced more than one element"),
        (r"NOT NULL constraint failed: [^.]+\.(?P<name>.+)", lambda match:
            f"Required field {match['name']} cannot be null"),
    )
)  # fmt: skip
