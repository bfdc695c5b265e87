"""The types in a statement for which functions and operators have forms of their own.

It costs a query to ask the planner for the type of an expression. If no column, literal, cast or function of a
statement can have the type BYTES, no expression needs to be asked for BYTES, and so on; most statements ask nothing.
"""

import re
from collections.abc import Iterator

from sqlglot import exp

from localgcp.services.bigquery.planner import Planner
from localgcp.services.bigquery.types.schema import Field

# The names of functions that can return a type, or parts of the names. One too many costs a query; a missing one means
# a wrong form, so these patterns are wide.
_FUNCTIONS = {
    "BYTES": re.compile(r"bytes|blob|unhex|encode|^gs_from_|^gs_md5|^gs_sha|^md5|^sha|^gs_net|^net", re.IGNORECASE),
    "JSON": re.compile(r"json", re.IGNORECASE),
    "NUMERIC": re.compile(r"decimal|numeric", re.IGNORECASE),
    "DATE": re.compile(r"date|current", re.IGNORECASE),
}
# The same for DuckDB text, as parameters, script variables, constants and finished forms are.
_TEXTS = {
    **_FUNCTIONS,
    "BYTES": re.compile(r"blob|unhex|bytes|encode\(|gs_from_|gs_md5|gs_sha|gs_net", re.IGNORECASE),
    "JSON": re.compile(r"gs_json|\bAS JSON\b", re.IGNORECASE),
}
_DATA_TYPES = {
    "BYTES": ("binary", "varbinary", "blob"),
    "JSON": ("json",),
    "NUMERIC": ("decimal", "bigdecimal"),
    "DATE": ("date",),
}


def possible_types(statement: exp.Expr, planner: Planner) -> set[str]:
    """Return those of BYTES, JSON, NUMERIC and DATE that a value in a statement can have.

    Args:
        statement: with physical tables, after `rewrite`.
        planner: knows the columns of the tables.
    """
    found: set[str] = set()
    for node in statement.walk():
        found.update(_types_of(node, planner))
    return found & _FUNCTIONS.keys()


def _types_of(node: exp.Expr, planner: Planner) -> Iterator[str]:
    """Yield the types that a node can have by itself; its operands are looked at as nodes of their own."""
    if isinstance(node, exp.Table):
        for column in planner.fields_of(node.name):
            yield from _types_in(column)
    elif isinstance(node, exp.DataType):
        yield from (name for name, kinds in _DATA_TYPES.items() if node.is_type(*kinds))
    elif isinstance(node, exp.ByteString | exp.HexString):
        yield "BYTES"
    elif isinstance(node, exp.JSONFormat):
        # TO_JSON and TO_JSON_STRING share this node, and the latter returns a STRING.
        yield from ("JSON",) if node.args.get("to_json") else ()
    elif isinstance(node, exp.Func):
        name = str(node.this) if isinstance(node, exp.Anonymous) else node.sql_name()
        yield from (kind for kind, pattern in _FUNCTIONS.items() if pattern.search(name))
    elif isinstance(node, exp.Var):
        yield from (kind for kind, pattern in _TEXTS.items() if pattern.search(str(node.this)))


def _types_in(field: Field) -> Iterator[str]:
    yield field.type
    for inner in field.fields:
        yield from _types_in(inner)
