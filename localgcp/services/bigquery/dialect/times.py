"""Rules for dates and times: parts, differences, truncations."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, counted, no_signature
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, finished, native_cast
from localgcp.services.bigquery.dialect.weeks import first_day, last_day, week_start
from localgcp.services.bigquery.errors.places import written_name
from localgcp.services.bigquery.errors.query import unsupported


def _extract(node: exp.Extract) -> exp.Expr:
    part = node.this.sql("bigquery").upper()
    if (first := first_day(part)) is not None:
        return call("gs_week", node.expression, first)
    if part == "DAYOFWEEK":
        # Sunday is 1 in GoogleSQL and 0 in DuckDB.
        return exp.Paren(this=exp.Add(this=call("dayofweek", node.expression), expression=exp.Literal.number(1)))
    names = {"DATE": "DATE", "TIME": "TIME", "DATETIME": "TIMESTAMP"}
    if part in names:
        return native_cast(node.expression, names[part])
    renamed = {"ISOWEEK": "WEEK", "MILLISECOND": "MILLISECOND", "MICROSECOND": "MICROSECOND"}.get(part, part)
    value = finished(exp.Extract(this=exp.Var(this=renamed), expression=node.expression))
    if part in ("MILLISECOND", "MICROSECOND"):
        # DuckDB includes the whole seconds.
        modulus = {"MILLISECOND": 1_000, "MICROSECOND": 1_000_000}[part]
        return exp.paren(exp.Mod(this=value, expression=exp.Literal.number(modulus)))
    return value


def _date_shift(node: exp.DateAdd | exp.DateSub | exp.DateFromUnixDate) -> exp.Expr:
    # In DuckDB the sum of a date and an interval is a timestamp.
    return native_cast(finished(node), "DATE")


def _timestamp_diff(node: exp.TimestampDiff) -> exp.Expr:
    # TIMESTAMP_DIFF counts whole units, DATE_DIFF and DATETIME_DIFF count boundaries.
    return call("date_sub", exp.Literal.string(_unit(node).lower()), node.expression, node.this)


def _date_diff(node: exp.DateDiff | exp.DatetimeDiff) -> exp.Expr:
    if (first := first_day(_unit(node))) is not None:
        return call("gs_week_diff", node.this, node.expression, first)
    return node


def _date_trunc(node: exp.DateTrunc) -> exp.Expr:
    if (first := first_day(_unit(node))) is not None:
        return week_start(node.this, first, "DATE")
    return native_cast(call("date_trunc", _trunc_part(node), node.this), "DATE")


def _time_trunc(node: exp.TimestampTrunc | exp.DatetimeTrunc) -> exp.Expr:
    # Only weeks differ from DuckDB's; sqlglot translates the other units, and time zones.
    first = first_day(_unit(node))
    if first is None:
        node.set("unit", exp.Var(this=_trunc_part(node).name.upper()))
        return node
    if node.args.get("zone") is not None:
        zone = node.args["zone"]
        local = week_start(call("timezone", zone, node.this), first, "TIMESTAMP")
        return call("timezone", zone.copy(), local)
    return week_start(node.this, first, "TIMESTAMP" if isinstance(node, exp.DatetimeTrunc) else "TIMESTAMPTZ")


def _trunc_part(node: exp.DateTrunc | exp.TimestampTrunc | exp.DatetimeTrunc) -> exp.Expr:
    return exp.Literal.string("week" if _unit(node) == "ISOWEEK" else _unit(node).lower())


def _unit(node: exp.Func) -> str:
    unit = node.args.get("unit")
    if unit is None:
        raise no_signature(written_name(node), "it names no date part")
    return str(unit.name if isinstance(unit, exp.Var | exp.Literal) else unit.sql("bigquery")).upper()


def _timestamp_of_unix(node: exp.UnixToTime) -> exp.Expr:
    return native_cast(finished(node), "TIMESTAMPTZ")


def _unix(size: int) -> Rule:
    """Return the rule for whole units since 1970, rounded down also before 1970.

    Args:
        size: the unit in microseconds.
    """

    def rule(node: exp.Anonymous) -> exp.Expr:
        micros = call("epoch_us", native_cast(node.expressions[0], "TIMESTAMPTZ"))
        return call("gs_floor_div", micros, exp.Var(this=str(size)))

    return rule


def _time_part_trunc(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    value, unit = node.expressions
    return call("gs_time_trunc", exp.Literal.string(unit.name.lower()), value)


def _bucket(kind: str) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 2, 3)
        value, width, *origin = node.expressions
        start = origin[0] if origin else exp.Literal.string("1950-01-01")
        found = call("time_bucket", width, native_cast(value, kind), native_cast(start, kind))
        return native_cast(found, kind)

    return rule


def _of_value(node: exp.Date | exp.Timestamp) -> exp.Expr:
    if node.args.get("this") is None:
        raise no_signature(written_name(node), "an argument is missing")
    return node


def _cast_with_format(_node: exp.StrToDate | exp.StrToTime) -> exp.Expr:
    # sqlglot parses nothing but CAST with FORMAT as one of these nodes.
    raise unsupported("CAST with FORMAT")


RULES: Rules = {
    exp.Date: _of_value,
    exp.Timestamp: _of_value,
    exp.StrToDate: _cast_with_format,
    exp.StrToTime: _cast_with_format,
    exp.Extract: _extract,
    exp.DateAdd: _date_shift,
    exp.DateSub: _date_shift,
    exp.DateFromUnixDate: _date_shift,
    exp.DateDiff: _date_diff,
    exp.DatetimeDiff: _date_diff,
    exp.TimestampDiff: _timestamp_diff,
    exp.DateTrunc: _date_trunc,
    exp.DatetimeTrunc: _time_trunc,
    exp.TimestampTrunc: _time_trunc,
    exp.LastDay: last_day,
    exp.UnixToTime: _timestamp_of_unix,
}
NAMED: dict[str, Rule] = {
    "DATE_BUCKET": _bucket("DATE"),
    "DATETIME_BUCKET": _bucket("TIMESTAMP"),
    "TIMESTAMP_BUCKET": _bucket("TIMESTAMPTZ"),
    "UNIX_SECONDS": counted(_unix(1_000_000), 1, 1),
    "UNIX_MILLIS": counted(_unix(1_000), 1, 1),
    "TIME_TRUNC": _time_part_trunc,
}
