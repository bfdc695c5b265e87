"""Rules for conditional functions, errors, and functions about the session."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import counted, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.services.bigquery.errors.query import unsupported

_USER = "anonymous@localgcp.invalid"


def _if_error(node: exp.Anonymous) -> exp.Expr:
    # In a list, because TRY returns NULL for an error: NULL alone could be the value.
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
    "SEARCH", "JSON_FLATTEN", "COLLATE", "EXTERNAL_OBJECT_TRANSFORM", "APPENDS", "CHANGES", "TYPEOF",
    "DETERMINISTIC_ENCRYPT", "DETERMINISTIC_DECRYPT_BYTES", "DETERMINISTIC_DECRYPT_STRING",
    "DLP_DETERMINISTIC_ENCRYPT", "GENERATE_RANGE_ARRAY", "RANGE", "RANGE_CONTAINS", "RANGE_END",
    "RANGE_INTERSECT", "RANGE_OVERLAPS", "RANGE_SESSIONIZE", "RANGE_START", "ST_DISTANCE", "ST_GEOGFROMTEXT",
    "ST_GEOGPOINT",
)  # fmt: skip
RULES: Rules = {exp.SessionUser: _user}
NAMED: dict[str, Rule] = {
    "IFERROR": counted(_if_error, 2, 2),
    "ISERROR": counted(_is_error, 1, 1),
    "NULLIFERROR": counted(lambda node: call("TRY", node.expressions[0]), 1, 1),
    "ZEROIFNULL": counted(lambda node: call("gs_if_null", node.expressions[0], exp.Var(this="0")), 1, 1),
    "NULLIFZERO": counted(lambda node: call("nullif", node.expressions[0], exp.Var(this="0")), 1, 1),
    "ERROR": renamed("gs_error", least=1),
    "GENERATE_UUID": lambda _: call("gs_uuid"),
    **dict.fromkeys(_UNSUPPORTED, _unsupported),
}
