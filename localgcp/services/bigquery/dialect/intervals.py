"""Rules for INTERVAL: literals with several parts, MAKE_INTERVAL and JUSTIFY_*."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.services.bigquery.types.intervals import interval_sql

_PARTS = ("year", "month", "day", "hour", "minute", "second")


def _literal(node: exp.Interval) -> exp.Expr:
    unit, value = node.args.get("unit"), node.this
    if not isinstance(unit, exp.IntervalSpan) or not isinstance(value, exp.Literal):
        return node
    return exp.Var(this=interval_sql(value.name, unit.this.name, unit.expression.name))


def _make(node: exp.MakeInterval) -> exp.Expr:
    given = {name: node.args.get(name) for name in _PARTS}
    values = [
        exp.Literal.number(0) if value is None else value.expression if isinstance(value, exp.Kwarg) else value
        for value in given.values()
    ]
    return call("gs_make_interval", *values)


RULES: Rules = {
    exp.Interval: _literal,
    exp.MakeInterval: _make,
    exp.JustifyHours: lambda node: call("gs_justify_hours", node.this),
    exp.JustifyDays: lambda node: call("gs_justify_days", node.this),
    exp.JustifyInterval: lambda node: call("gs_justify_interval", node.this),
}
NAMED: dict[str, Rule] = {}
