"""Partition pruning: the values of the partitioning column that a statement can need, from its conditions.

BigQuery prunes by comparisons of the column, or of a truncation of it, with constants.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from sqlglot import exp

from localgcp.services.bigquery.dialect.query_parameters import ELEMENTS
from localgcp.services.bigquery.partitions.conditions import Condition
from localgcp.services.bigquery.tables.partition_values import DAY_US, NOT_NULL, NOTHING, NULL_ONLY, ValueSet, span
from localgcp.services.bigquery.tables.partitioning import next_time, start_of

# Takes a constant expression and its type (DATE, DATETIME, TIMESTAMP, INTEGER); returns an integer, or None.
Evaluate = Callable[[exp.Expr, str], int | None]
_EPOCH = datetime(1970, 1, 1)
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE}
_TRUNCATIONS = (exp.TimestampTrunc, exp.DatetimeTrunc, exp.DateTrunc)
_CASTS: dict[type[exp.Expr], str] = {exp.Date: "DATE", exp.Timestamp: "TIMESTAMP", exp.TsOrDsToDatetime: "DATETIME"}


@dataclass(frozen=True, slots=True)
class _ColumnKey:
    """The partitioning column, or a monotonic function of it.

    Attributes:
        kind: the type of the column or function.
        back: maps values of the function to values of the column.
    """

    kind: str
    back: Callable[[ValueSet], ValueSet]


def needed(
    alternatives: Sequence[Sequence[Condition]], kinds: Mapping[str, str], evaluate: Evaluate
) -> ValueSet | None:
    """Return the values that a statement can need, or None if no condition restricts them.

    Args:
        alternatives: lists of conditions; a row that has influence meets all conditions of one list.
        kinds: the types of the columns that conditions may use; `_PARTITIONDATE` is the date of the column.
        evaluate: evaluates constant expressions.
    """
    found = NOTHING
    for conditions in alternatives:
        known = [values for item in conditions if (values := _values(item.test, item, kinds, evaluate)) is not None]
        if not known:
            return None
        found |= reduce(ValueSet.__and__, known)
    return found


def _values(node: exp.Expr, at: Condition, kinds: Mapping[str, str], evaluate: Evaluate) -> ValueSet | None:
    node = node.unnest()
    if isinstance(node, exp.And | exp.Or):
        sides = [_values(side, at, kinds, evaluate) for side in (node.left, node.right)]
        known = [side for side in sides if side is not None]
        if isinstance(node, exp.Or):
            return known[0] | known[1] if len(known) == 2 else None
        return reduce(ValueSet.__and__, known) if known else None
    if isinstance(node, exp.Not):
        inside = node.this.unnest()
        inner = None if isinstance(inside, exp.Connector) else _values(inside, at, kinds, evaluate)
        return None if inner is None else NOT_NULL if isinstance(inside, exp.Is) else inner.complement()
    if isinstance(node, exp.Is):
        is_null = isinstance(node.expression, exp.Null) and _key(node.this, at, kinds) is not None
        return NULL_ONLY if is_null else None
    if isinstance(node, exp.Between):
        bounds = [exp.GTE(this=node.this, expression=node.args["low"])]
        bounds.append(exp.LTE(this=node.this, expression=node.args["high"]))  # type: ignore[arg-type]
        return _values(exp.And(this=bounds[0], expression=bounds[1]), at, kinds, evaluate)
    if isinstance(node, exp.In):
        return _in_list(node, at, kinds, evaluate)
    return _comparison(node, at, kinds, evaluate) if isinstance(node, exp.Binary) else None


def _in_list(node: exp.In, at: Condition, kinds: Mapping[str, str], evaluate: Evaluate) -> ValueSet | None:
    items = node.expressions
    unnest = node.args.get("unnest")
    if unnest is not None:
        array = unnest.find(exp.Array, exp.Var)
        items = array.meta.get(ELEMENTS, array.expressions) if array is not None else []
    parts = [_comparison(exp.EQ(this=node.this, expression=item), at, kinds, evaluate) for item in items]
    known = [part for part in parts if part is not None]
    return reduce(ValueSet.__or__, known) if known and len(known) == len(parts) else None


def _comparison(node: exp.Expr, at: Condition, kinds: Mapping[str, str], evaluate: Evaluate) -> ValueSet | None:
    operator, left, right = type(node), node.this, node.expression
    key = _key(left, at, kinds)
    if key is None:
        operator, left, right = _MIRRORED.get(operator, operator), right, left
        key = _key(left, at, kinds)
    if key is None or not _is_constant(right):
        return None
    value = evaluate(right, key.kind)
    if value is None:
        return None
    spans: dict[type[exp.Expr], ValueSet] = {
        exp.EQ: span(value, value + 1),
        exp.NEQ: span(value, value + 1).complement(),
        exp.LT: span(float("-inf"), value),
        exp.LTE: span(float("-inf"), value + 1),
        exp.GT: span(value + 1, float("inf")),
        exp.GTE: span(value, float("inf")),
    }
    found = spans.get(operator)
    return key.back(found) if found is not None else None


def _is_constant(node: exp.Expr) -> bool:
    return node.find(exp.Column, exp.Query, exp.AggFunc) is None


def _key(node: exp.Expr, at: Condition, kinds: Mapping[str, str]) -> _ColumnKey | None:
    node = node.unnest()
    if (column := at.column(node)) is not None:
        if column == "_partitiondate":
            return _ColumnKey("DATE", lambda values: values.mapped(lambda day: day * DAY_US))
        return _ColumnKey(kinds[column], lambda values: values) if column in kinds else None
    node = _parsed(node)
    target = _CASTS.get(type(node))
    if isinstance(node, exp.Cast):
        target = {"DATE": "DATE", "TIMESTAMPTZ": "TIMESTAMP", "TIMESTAMP": "DATETIME"}.get(node.to.this.name)
    inside: exp.Expr | None = node.this if target is not None or isinstance(node, _TRUNCATIONS) else None
    if isinstance(node, exp.Extract) and node.this.name.upper() == "DATE":
        target, inside = "DATE", node.expression
    if inside is None or node.args.get("zone") is not None:
        return None
    if isinstance(node, exp.Date | exp.Timestamp | exp.TsOrDsToDatetime) and len(list(node.iter_expressions())) > 1:
        return None
    inner = _key(inside, at, kinds)
    if inner is None or inner.kind == "INTEGER":
        return None
    return _cast(inner, target) if target is not None else _truncated(inner, node)


def _parsed(node: exp.Expr) -> exp.Expr:
    """Return sqlglot's node for a function that the GoogleSQL parser left as an anonymous call."""
    if not isinstance(node, exp.Anonymous) or not node.expressions:
        return node
    name, (first, *rest) = str(node.this).upper(), node.expressions
    truncations = {"TIMESTAMP_TRUNC": exp.TimestampTrunc, "DATETIME_TRUNC": exp.DatetimeTrunc}
    if name in (*truncations, "DATE_TRUNC") and len(rest) == 1:
        return truncations.get(name, exp.DateTrunc)(this=first, unit=exp.Var(this=rest[0].name.upper()))
    if name in ("DATE", "TIMESTAMP", "DATETIME") and not rest:
        return {"DATE": exp.Date, "TIMESTAMP": exp.Timestamp, "DATETIME": exp.TsOrDsToDatetime}[name](this=first)
    return node


def _cast(inner: _ColumnKey, kind: str) -> _ColumnKey:
    if kind == "DATE" and inner.kind != "DATE":
        return _ColumnKey(kind, lambda values: inner.back(values.mapped(lambda day: day * DAY_US)))
    if kind != "DATE" and inner.kind == "DATE":
        return _ColumnKey(kind, lambda values: inner.back(values.mapped(lambda micros: -(-micros // DAY_US))))
    return _ColumnKey(kind, inner.back)


def _truncated(inner: _ColumnKey, node: exp.Expr) -> _ColumnKey | None:
    unit = node.args["unit"].name.upper()
    if unit not in ("HOUR", "DAY", "MONTH", "YEAR"):
        return None
    size = DAY_US if inner.kind == "DATE" else 1

    def next_start(value: int) -> int:
        try:
            moment = _EPOCH + timedelta(microseconds=value * size)
        except OverflowError:
            return value
        begin = start_of(moment, unit)
        later = begin if begin == moment else next_time(begin, unit)
        return (later - _EPOCH) // timedelta(microseconds=1) // size

    return _ColumnKey(inner.kind, lambda values: inner.back(values.mapped(next_start)))
