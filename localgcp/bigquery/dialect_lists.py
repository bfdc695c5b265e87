"""Arrays and texts: places in them, and aggregates that end early."""

from sqlglot import exp

from localgcp.bigquery.nodes import call, finished, in_try
from localgcp.bigquery.query_errors import unsupported


def bracket(node: exp.Bracket) -> exp.Expr:
    """`a[OFFSET(n)]` and the like: past the end is an error, or NULL where SAFE_ stands before it."""
    if node.args.get("offset") is None or len(node.expressions) != 1:
        return node
    name = "gs_safe_at" if node.args.get("safe") or in_try(node) else "gs_at"
    return call(name, node.this, node.expressions[0], exp.Var(this=str(node.args["offset"])))


def limited(node: exp.ArrayAgg | exp.GroupConcat) -> exp.Expr:
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


def substring(node: exp.Substring) -> exp.Expr:
    """SUBSTR, whose positions count from the end where they are negative."""
    start, size = node.args.get("start"), node.args.get("length")
    if start is None:
        return node
    if size is None:
        return call("gs_substr", node.this, start)
    return call("gs_safe_substr_of" if in_try(node) else "gs_substr_of", node.this, start, size)


def position(node: exp.StrPosition) -> exp.Expr:
    """INSTR, of which sqlglot translates the first occurrence from the left alone."""
    if node.args.get("occurrence") is not None or isinstance(node.args.get("position"), exp.Neg):
        raise unsupported("INSTR with an occurrence or from the end")
    return node


def like(node: exp.Like) -> exp.Expr:
    """LIKE: a backslash takes the meaning from what follows it."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and "\\" not in pattern.name:
        return node
    inner = finished(exp.Like(this=node.this, expression=pattern))
    return exp.Escape(this=inner, expression=exp.Literal.string("\\"))


def rounded(node: exp.Round) -> exp.Expr:
    """ROUND to a number of places, which DuckDB wants in 32 bits."""
    if node.args.get("decimals") is not None:
        node.set("decimals", exp.cast(node.args["decimals"], "INT", dialect="duckdb"))
    return node


def sha2(node: exp.SHA2) -> exp.Expr:
    """SHA512, which DuckDB does not have."""
    if node.text("length") == "512":
        raise unsupported("SHA512")
    return node
