"""Conditional functions, errors, and what the session knows."""

from sqlglot import exp

from localgcp.bigquery.dialect.naming import renamed
from localgcp.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.bigquery.errors.query import unsupported

_USER = "anonymous@localgcp.invalid"


def _if_error(node: exp.Anonymous) -> exp.Expr:
    # A list tells a NULL from an error.
    tried = call("TRY", exp.Array(expressions=[node.expressions[0]]))
    return call("gs_if_error", tried, node.expressions[1])


def _is_error(node: exp.Anonymous) -> exp.Expr:
    tried = call("TRY", exp.Array(expressions=[node.expressions[0]]))
    return exp.paren(exp.Is(this=tried, expression=exp.Null()))


def _user(_node: exp.SessionUser) -> exp.Expr:
    return exp.Literal.string(_USER)


def _unsupported(node: exp.Anonymous) -> exp.Expr:
    raise unsupported(f"the function {str(node.this).upper()}")


_UNSUPPORTED = (
    *("SEARCH", "JSON_FLATTEN", "COLLATE", "EXTERNAL_OBJECT_TRANSFORM", "APPENDS", "CHANGES", "DETERMINISTIC_ENCRYPT"),
    *("DETERMINISTIC_DECRYPT_BYTES", "DETERMINISTIC_DECRYPT_STRING", "RANGE_CONTAINS", "RANGE_OVERLAPS"),
    *(
        "GENERATE_RANGE_ARRAY",
        "RANGE",
        "RANGE_START",
        "RANGE_END",
        "RANGE_SESSIONIZE",
        "RANGE_INTERSECT",
        "ST_GEOGPOINT",
        "ST_GEOGFROMTEXT",
        "ST_DISTANCE",
        "TYPEOF",
        "DLP_DETERMINISTIC_ENCRYPT",
    ),
)
RULES: Rules = {exp.SessionUser: _user}
NAMED: dict[str, Rule] = {
    "IFERROR": _if_error,
    "ISERROR": _is_error,
    "NULLIFERROR": lambda node: call("TRY", node.expressions[0]),
    "ZEROIFNULL": lambda node: call("gs_if_null", node.expressions[0], exp.Var(this="0")),
    "NULLIFZERO": lambda node: call("nullif", node.expressions[0], exp.Var(this="0")),
    "ERROR": renamed("gs_error", least=1),
    "GENERATE_UUID": lambda _: call("gs_uuid"),
    **dict.fromkeys(_UNSUPPORTED, _unsupported),
}
