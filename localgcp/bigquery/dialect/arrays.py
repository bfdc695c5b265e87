"""Arrays."""

from sqlglot import exp

from localgcp.bigquery.nodes import Rules, call


def _bracket(node: exp.Bracket) -> exp.Expr:
    """`a[OFFSET(n)]` and the like: past the end is an error, or NULL where SAFE_ stands before it."""
    if node.args.get("offset") is None or len(node.expressions) != 1:
        return node
    name = "gs_safe_at" if node.args.get("safe") else "gs_at"
    return call(name, node.this, node.expressions[0], exp.Var(this=str(node.args["offset"])))


RULES: Rules = {
    exp.Bracket: _bracket,
}
