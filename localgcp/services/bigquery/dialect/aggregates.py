"""Rules for aggregate functions and window functions."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, finished
from localgcp.services.bigquery.errors.query import invalid_query


def _approx_quantiles(node: exp.ApproxQuantiles) -> exp.Expr:
    is_distinct = isinstance(node.this, exp.Distinct)
    value, *numbers = node.this.expressions if is_distinct else (node.this, node.expression)
    number = numbers[0] if numbers else None
    if not isinstance(number, exp.Literal) or not number.is_int or int(number.name) < 1:
        raise invalid_query("The second argument of APPROX_QUANTILES must be a positive literal number")
    count = int(number.name)
    cuts = exp.Array(expressions=[exp.Var(this=repr(index / count)) for index in range(count + 1)])
    return call("quantile_disc", exp.Distinct(expressions=[value]) if is_distinct else value, cuts)


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    if isinstance(node.this, exp.ApproxQuantiles):
        return _approx_quantiles(node.this)
    if isinstance(node.this, exp.PercentileCont | exp.PercentileDisc):
        # DuckDB ignores NULLs in these functions anyway.
        return node.this
    if not isinstance(node.this, exp.ArrayAgg):
        return node
    limit = node.this.this if isinstance(node.this.this, exp.Limit) else None
    value = node.this.this if limit is None else limit.this
    aggregate = finished(exp.ArrayAgg(this=value))
    found = exp.Filter(this=aggregate, expression=exp.Where(this=_is_given(value)))
    return found if limit is None else call("list_slice", found, exp.Var(this="1"), limit.expression)


def _respect_nulls(node: exp.RespectNulls) -> exp.Expr:
    # DuckDB respects NULLs in ARRAY_AGG anyway, and does not accept the words there.
    return node.this if isinstance(node.this, exp.ArrayAgg) else node


def _windowed(node: exp.Window) -> exp.Expr:
    """Rewrite PERCENTILE_CONT and PERCENTILE_DISC with RESPECT NULLS: DuckDB's functions ignore NULLs."""
    inner = node.this
    if not isinstance(inner, exp.RespectNulls) or not isinstance(inner.this, exp.PercentileCont | exp.PercentileDisc):
        return node
    percentile = inner.this
    name = "gs_percentile_cont" if isinstance(percentile, exp.PercentileCont) else "gs_percentile_disc"
    whole = node.copy()
    whole.set("this", call("list", percentile.this.copy()))
    return call(name, whole, percentile.expression.copy())


def _is_given(value: exp.Expr) -> exp.Expr:
    value = value.this if isinstance(value, exp.Order) else value
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))


def _limited(node: exp.ArrayAgg | exp.GroupConcat) -> exp.Expr:
    """Rewrite ARRAY_AGG and STRING_AGG with LIMIT: aggregate all elements, and take the first ones."""
    limit = node.this
    if not isinstance(limit, exp.Limit):
        return node
    count, ordered = limit.expression, limit.this
    if isinstance(node, exp.ArrayAgg):
        return call("list_slice", exp.ArrayAgg(this=ordered), exp.Var(this="1"), count)
    found = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=exp.Where(this=_is_given(ordered)))
    separator = node.args.get("separator") or exp.Literal.string(",")
    return call("array_to_string", call("list_slice", found, exp.Var(this="1"), count), separator)


def _top_count(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    value, count = node.expressions
    nulls = exp.Var(this="count(*)")
    return call("gs_top_count", call("histogram", value), exp.Sub(this=nulls, expression=call("count", value)), count)


def _top_sum(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 3, 3)
    value, weight, count = node.expressions
    return call("gs_top_sum", call("list", value), call("list", weight.copy()), count)


def _concat(node: exp.ArrayConcatAgg) -> exp.Expr:
    value = node.this
    limit = value if isinstance(value, exp.Limit) else None
    value = value if limit is None else limit.this
    found: exp.Expr = exp.Filter(this=finished(exp.ArrayAgg(this=value)), expression=exp.Where(this=_is_given(value)))
    if limit is not None:
        found = call("list_slice", found, exp.Var(this="1"), limit.expression)
    return call("flatten", found)


RULES: Rules = {
    exp.ApproxQuantiles: _approx_quantiles,
    exp.IgnoreNulls: _ignore_nulls,
    exp.RespectNulls: _respect_nulls,
    exp.Window: _windowed,
    exp.ArrayAgg: _limited,
    exp.GroupConcat: _limited,
    exp.ArrayConcatAgg: _concat,
}
NAMED: dict[str, Rule] = {
    "APPROX_TOP_COUNT": _top_count,
    "APPROX_TOP_SUM": _top_sum,
}
