"""Rules for numbers: literals, operators, rounding, functions of FLOAT64."""

import re

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, counted, integer, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, finished, native_cast

_LEAST = str(1 << 63)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.IntDiv, exp.Neg)


def _literal(node: exp.Literal) -> exp.Expr:
    if node.is_string:
        return node
    if not re.fullmatch(r"\d+", node.name):
        # 1.5 is a DECIMAL in DuckDB and a FLOAT64 in GoogleSQL.
        return exp.Var(this=node.name if "e" in node.name.lower() else f"{node.name}e0")
    if isinstance(node.parent, _ARITHMETIC):
        # DuckDB gives small integers 32 bits, so that their sums overflow.
        return exp.Var(this=f"CAST({node.name} AS BIGINT)")
    return node


def _negated(node: exp.Neg) -> exp.Expr:
    if isinstance(node.this, exp.Literal) and node.this.name == _LEAST:
        # Without the sign the number is too large for an INT64.
        return exp.Var(this=f"CAST(-{_LEAST} AS BIGINT)")
    return node


def _hexadecimal(node: exp.HexString) -> exp.Expr:
    return exp.Var(this=f"CAST({int(node.name, 16)} AS BIGINT)")


def _numeric_type(node: exp.DataType) -> exp.Expr:
    # Without parameters DuckDB's DECIMAL has 18 digits, three of them after the point.
    if node.is_type("decimal") and not node.expressions:
        return exp.DataType.build("DECIMAL(38, 9)", dialect="duckdb")
    return node


def _division(node: exp.Div | exp.Mod | exp.IntDiv) -> exp.Expr:
    node.set("expression", _not_zero(node.expression))
    return node


def _not_zero(divisor: exp.Expr) -> exp.Expr:
    if isinstance(divisor, exp.Literal) and not divisor.is_string and float(divisor.name) != 0:
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


def _safe_negate(node: exp.Anonymous) -> exp.Expr:
    # DuckDB from 2.0 on gives the negation of a constant a wider type, a difference not.
    zero = exp.Literal.number(0)
    return call("TRY", finished(exp.Sub(this=zero, expression=exp.paren(node.expressions[0]))))


def _ieee_divide(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    dividend, divisor = node.expressions
    return exp.paren(finished(exp.Div(this=native_cast(dividend, "DOUBLE"), expression=native_cast(divisor, "DOUBLE"))))


def _rounding(name: str) -> Rule:
    """Return the rule for ROUND or TRUNC; DuckDB takes the number of decimal places as a 32-bit integer."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 1, 3 if name == "round" else 2)
        value, *places = node.expressions
        if not places:
            return call(f"gs_{name}", value)
        if len(places) > 1 and places[1].name.upper() == "ROUND_HALF_EVEN":
            return call("gs_round_even", value, integer(places[0]))
        return call(f"gs_{name}_to", value, native_cast(places[0], "INT"))

    return rule


def _logarithm(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 1, 2)
    return call("gs_ln" if len(node.expressions) == 1 else "gs_log", *node.expressions)


def _shifted(name: str) -> Rule:
    return lambda node: call(name, node.this, integer(node.expression))


def _range_bucket(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    return call("gs_range_bucket", *node.expressions)


RULES: Rules = {
    exp.Literal: _literal,
    exp.Neg: _negated,
    exp.HexString: _hexadecimal,
    exp.DataType: _numeric_type,
    exp.Div: _division,
    exp.Mod: _division,
    exp.IntDiv: _division,
    exp.SafeDivide: _safe_divide,
    exp.SafeAdd: _safe_operation(exp.Add),
    exp.SafeSubtract: _safe_operation(exp.Sub),
    exp.SafeMultiply: _safe_operation(exp.Mul),
    exp.BitwiseLeftShift: _shifted("gs_shift_left"),
    exp.BitwiseRightShift: _shifted("gs_shift_right"),
}
NAMED: dict[str, Rule] = {
    "IEEE_DIVIDE": _ieee_divide,
    "SAFE_NEGATE": counted(_safe_negate, 1, 1),
    "ROUND": _rounding("round"),
    "TRUNC": _rounding("trunc"),
    "POW": renamed("gs_pow", least=2),
    "POWER": renamed("gs_pow", least=2),
    "EXP": renamed("gs_exp", least=1),
    "LOG": _logarithm,
    "LN": renamed("gs_ln", least=1),
    "LOG10": renamed("gs_log10", least=1),
    "SQRT": renamed("gs_sqrt", least=1),
    "ACOS": renamed("gs_acos", least=1),
    "ASIN": renamed("gs_asin", least=1),
    "SIGN": renamed("gs_sign", least=1),
    "SINH": renamed("gs_sinh", least=1),
    "COSH": renamed("gs_cosh", least=1),
    "SEC": renamed("gs_sec", least=1),
    "CSC": renamed("gs_csc", least=1),
    "COT": renamed("gs_cot", least=1),
    "SECH": renamed("gs_sech", least=1),
    "CSCH": renamed("gs_csch", least=1),
    "COTH": renamed("gs_coth", least=1),
    "CBRT": renamed("gs_cbrt", least=1),
    "COSINE_DISTANCE": renamed("gs_cosine_distance", least=2),
    "EUCLIDEAN_DISTANCE": renamed("gs_euclidean_distance", least=2),
    "PARSE_NUMERIC": renamed("gs_parse_numeric", least=1),
    "RANGE_BUCKET": _range_bucket,
    "BIT_COUNT": renamed("gs_bit_count", least=1),
}
