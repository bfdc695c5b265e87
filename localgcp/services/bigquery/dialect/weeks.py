"""Rules for weeks. In GoogleSQL they start on Sunday or on a day that the query names, in DuckDB on Monday."""

import re

from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import call
from localgcp.services.bigquery.errors.query import invalid_query

_DAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
_ISO = {"ISOWEEK": "gs_last_of_iso_week", "ISOYEAR": "gs_last_of_iso_year"}
_WEEK = re.compile(r"WEEK(?:\((\w+)\))?", re.IGNORECASE)


def first_day(unit: str) -> exp.Expr | None:
    """Return the first day of the weeks of a date part, 0 for Sunday; None if the part is not a week.

    Raises:
        ApiError: 400 for the name of a day that does not exist.
    """
    match = _WEEK.fullmatch(unit)
    if match is None:
        return None
    day = (match[1] or "SUNDAY").upper()
    if day not in _DAYS:
        raise invalid_query(f"A valid date part name is required but found {unit}")
    return exp.Var(this=str(_DAYS.index(day)))


def week_start(value: exp.Expr, first: exp.Expr, kind: str) -> exp.Expr:
    """Return the first day of the week of a value, as a DuckDB DATE, TIMESTAMP or TIMESTAMPTZ."""
    return exp.cast(call("gs_week_start", value, first), kind, dialect="duckdb")


def last_day(node: exp.LastDay) -> exp.Expr:
    """Rewrite LAST_DAY of a week or an ISO year."""
    unit = node.args.get("unit")
    if unit is not None and unit.name.upper() in _ISO:
        return call(_ISO[unit.name.upper()], node.this)
    first = first_day(unit.sql("bigquery")) if unit is not None else None
    if first is None:
        return node
    return exp.paren(exp.Add(this=call("gs_week_start", node.this, first), expression=exp.Var(this="6")))
