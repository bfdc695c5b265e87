"""Numbers: literals, division and the SAFE_ operations."""

import re

from sqlglot import exp

from localgcp.bigquery.nodes import Rule, Rules, call, finished

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.IntDiv, exp.Neg)


def _literal(node: exp.Literal) -> exp.Expr:
    if node.is_string:
        return node
    if not re.fullmatch(r"\d+", node.name):
        # DuckDB reads 1.5 as DECIMAL, GoogleSQL as FLOAT64.
        return exp.Var(this=node.name if "e" in node.name.lower() else f"{node.name}e0")
    if isinstance(node.parent, _ARITHMETIC):
        # DuckDB reads small whole numbers as 32 bits, and their sums overflow there.
        return exp.Var(this=f"CAST({node.name} AS BIGINT)")
    return node


def _division(node: exp.Div | exp.Mod | exp.IntDiv) -> exp.Expr:
    node.set("expression", _not_zero(node.expression))
    return node


def _not_zero(divisor: exp.Expr) -> exp.Expr:
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return divisor
    failure = call("gs_error", exp.Literal.string("division by zero"))
    return exp.Paren(
        this=exp.Case(
            ifs=[exp.If(this=exp.EQ(this=exp.paren(divisor), expression=exp.Literal.number(0)), true=failure)],
            default=divisor.copy(),
        )
    )


def _safe_divide(node: exp.SafeDivide) -> exp.Expr:
    nonzero = exp.Nullif(this=node.expression, expression=exp.Literal.number(0))
    return exp.paren(finished(exp.Div(this=exp.paren(node.this), expression=nonzero)))


def _safe_operation(operation: type[exp.Binary]) -> Rule:
    return lambda node: call("TRY", operation(this=exp.paren(node.this), expression=exp.paren(node.expression)))


def _range_bucket(node: exp.RangeBucket) -> exp.Expr:
    return call("gs_range_bucket", node.this, node.expression)


def _ieee_divide(node: exp.Anonymous) -> exp.Expr:
    dividend, divisor = node.expressions
    return exp.paren(finished(exp.Div(this=exp.cast(dividend, "DOUBLE"), expression=divisor)))


def _rounded(node: exp.Round) -> exp.Expr:
    """ROUND to a number of places, which DuckDB wants in 32 bits."""
    if node.args.get("decimals") is not None:
        node.set("decimals", exp.cast(node.args["decimals"], "INT", dialect="duckdb"))
    return node


RULES: Rules = {
    exp.Round: _rounded,
    exp.Literal: _literal,
    exp.Div: _division,
    exp.Mod: _division,
    exp.IntDiv: _division,
    exp.SafeDivide: _safe_divide,
    exp.SafeAdd: _safe_operation(exp.Add),
    exp.SafeSubtract: _safe_operation(exp.Sub),
    exp.SafeMultiply: _safe_operation(exp.Mul),
    exp.RangeBucket: _range_bucket,
}
NAMED = {"IEEE_DIVIDE": _ieee_divide}
