"""Aggregates."""

from sqlglot import exp

from localgcp.bigquery.nodes import Rules, call


def _approx_quantiles(node: exp.ApproxQuantiles) -> exp.Expr:
    count = int(node.expression.name)
    cuts = exp.Array(expressions=[exp.Var(this=repr(index / count)) for index in range(count + 1)])
    return call("quantile_disc", node.this, cuts)


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    if not isinstance(node.this, exp.ArrayAgg):
        return node
    limit = node.this.this if isinstance(node.this.this, exp.Limit) else None
    value = node.this.this if limit is None else limit.this
    aggregate = exp.ArrayAgg(this=value)
    value = value.this if isinstance(value, exp.Order) else value
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    found = exp.Filter(
        this=aggregate, expression=exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    )
    return found if limit is None else call("list_slice", found, exp.Var(this="1"), limit.expression)


def _limited(node: exp.ArrayAgg | exp.GroupConcat) -> exp.Expr:
    """ARRAY_AGG and STRING_AGG with LIMIT: the first elements of the whole."""
    limit = node.this
    if not isinstance(limit, exp.Limit):
        return node
    count, ordered = limit.expression, limit.this
    if isinstance(node, exp.ArrayAgg):
        return call("list_slice", exp.ArrayAgg(this=ordered), exp.Var(this="1"), count)
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    is_given = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    found = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=is_given)
    separator = node.args.get("separator") or exp.Literal.string(",")
    return call("array_to_string", call("list_slice", found, exp.Var(this="1"), count), separator)


RULES: Rules = {
    exp.ApproxQuantiles: _approx_quantiles,
    exp.IgnoreNulls: _ignore_nulls,
    exp.ArrayAgg: _limited,
    exp.GroupConcat: _limited,
}
