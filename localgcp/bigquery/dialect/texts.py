"""Texts and bytes."""

import re

from sqlglot import exp

from localgcp.bigquery.nodes import Rules, call, finished
from localgcp.bigquery.query_errors import invalid_query, unsupported


def _bytes(node: exp.ByteString) -> exp.Expr:
    content = node.name.encode().decode("unicode_escape").encode("latin-1")
    return call("unhex", exp.Literal.string(content.hex()))


def _format(node: exp.Format) -> exp.Expr:
    if not isinstance(node.this, exp.Literal) or re.search(r"%[^%]*[tTpP]", node.name):
        raise unsupported("FORMAT with %t, %T, %p or a computed format")
    # DuckDB writes the flag for thousands as a comma.
    return call("printf", exp.Literal.string(re.sub(r"%'", "%,", node.name)), *node.expressions)


def _regexp_extract(node: exp.RegexpExtract) -> exp.Expr:
    pattern = node.expression
    group = exp.Literal.number(_group_count(pattern))
    place, nth = node.args.get("position"), node.args.get("occurrence")
    if place is not None:
        return call("gs_regexp_nth", node.this, pattern, group, place, nth or exp.Var(this="1"))
    matches = call("regexp_matches", node.this, pattern)
    return exp.Case(ifs=[exp.If(this=matches, true=call("regexp_extract", node.this.copy(), pattern.copy(), group))])


def _group_count(pattern: exp.Expr) -> int:
    if not isinstance(pattern, exp.Literal | exp.RawString):
        return 0
    try:
        return re.compile(pattern.name).groups
    except re.error as error:
        raise invalid_query(f"Cannot parse regular expression: {error}") from error


def _substring(node: exp.Substring) -> exp.Expr:
    """SUBSTR, whose positions count from the end where they are negative."""
    start, size = node.args.get("start"), node.args.get("length")
    if start is None:
        return node
    if size is None:
        return call("gs_substr", node.this, start)
    return call("gs_substr_of", node.this, start, size)


def _position(node: exp.StrPosition) -> exp.Expr:
    """INSTR, of which sqlglot translates the first occurrence from the left alone."""
    if node.args.get("occurrence") is not None or isinstance(node.args.get("position"), exp.Neg):
        raise unsupported("INSTR with an occurrence or from the end")
    return node


def _like(node: exp.Like) -> exp.Expr:
    """LIKE: a backslash takes the meaning from what follows it."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and "\\" not in pattern.name:
        return node
    inner = finished(exp.Like(this=node.this, expression=pattern))
    return exp.Escape(this=inner, expression=exp.Literal.string("\\"))


def _sha2(node: exp.SHA2) -> exp.Expr:
    """SHA512, which DuckDB does not have."""
    if node.text("length") == "512":
        raise unsupported("SHA512")
    return node


RULES: Rules = {
    exp.ByteString: _bytes,
    exp.Format: _format,
    exp.RegexpExtract: _regexp_extract,
    exp.Like: _like,
    exp.SHA2: _sha2,
    exp.StrPosition: _position,
    exp.Substring: _substring,
}
