"""Rules for FORMAT_DATE, PARSE_DATE and similar functions, and STRING of times."""

import re

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, native_cast

# For these DuckDB's strftime has the same result as BigQuery, and is much faster than Python.
_FAST_DATE = {"Y": "%Y", "m": "%m", "d": "%d", "y": "%y", "b": "%b", "B": "%B", "a": "%a", "A": "%A", "j": "%j"}
_FAST_DATE |= {"F": "%Y-%m-%d", "%": "%%", "D": "%m/%d/%y"}
_FAST_TIME = {"H": "%H", "M": "%M", "S": "%S", "T": "%H:%M:%S", "R": "%H:%M", "I": "%I", "p": "%p"}
_UTC = "UTC"


def _fast(pattern: exp.Expr, elements: dict[str, str]) -> exp.Expr | None:
    if not isinstance(pattern, exp.Literal):
        return None
    if any(letter not in elements for letter in re.findall(r"%(.)", pattern.name, re.DOTALL)):
        return None
    return exp.Literal.string(re.sub(r"%(.)", lambda match: elements[match[1]], pattern.name))


def _format(name: str, kind: str, elements: dict[str, str]) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 2, 2)
        pattern, value = node.expressions
        if (fast := _fast(pattern, elements)) is not None:
            return call("strftime", native_cast(value, kind), fast)
        return call(name, pattern, native_cast(value, kind))

    return rule


def _format_time(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    return call("gs_format_time", node.expressions[0], native_cast(node.expressions[1], "TIME"))


def _format_timestamp(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 3)
    pattern, value, *zone = node.expressions
    moment = native_cast(value, "TIMESTAMPTZ")
    if not zone and (fast := _fast(pattern, _FAST_DATE | _FAST_TIME)) is not None:
        return call("strftime", call("timezone", exp.Literal.string(_UTC), moment), fast)
    utc = call("timezone", exp.Literal.string(_UTC), moment)
    return call("gs_format_utc", pattern, utc, zone[0] if zone else exp.Literal.string(_UTC))


def _parse_timestamp(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 3)
    pattern, text, *zone = node.expressions
    moment = call("gs_parse_utc", pattern, text, zone[0] if zone else exp.Literal.string(_UTC))
    return call("timezone", exp.Literal.string(_UTC), moment)


RULES: Rules = {}
NAMED: dict[str, Rule] = {
    "FORMAT_DATE": _format("gs_format_date", "DATE", _FAST_DATE),
    "FORMAT_DATETIME": _format("gs_format_datetime", "TIMESTAMP", _FAST_DATE | _FAST_TIME),
    "FORMAT_TIME": _format_time,
    "FORMAT_TIMESTAMP": _format_timestamp,
    "PARSE_DATE": renamed("gs_parse_date", least=2),
    "PARSE_DATETIME": renamed("gs_parse_datetime", least=2),
    "PARSE_TIME": renamed("gs_parse_time", least=2),
    "PARSE_TIMESTAMP": _parse_timestamp,
}
