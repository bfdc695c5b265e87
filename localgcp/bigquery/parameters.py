"""Query parameters: their values as literals of their types, put into the parsed statement."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from localgcp.bigquery.query_errors import invalid_query, unsupported

_SCALARS = {
    "STRING": "TEXT",
    "INT64": "BIGINT",
    "INTEGER": "BIGINT",
    "FLOAT64": "DOUBLE",
    "FLOAT": "DOUBLE",
    "BOOL": "BOOLEAN",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMPTZ",
    "TIME": "TIME",
    "NUMERIC": "DECIMAL(38, 9)",
    "JSON": "JSON",
}


def bind(statement: exp.Expr, parameters: Sequence[dict[str, Any]]) -> exp.Expr:
    """Return the statement with each `@name` and `?` replaced by its value.

    Args:
        parameters: `QueryParameter` resources.

    Raises:
        ApiError: 400 for a parameter that has no value, or a value that is not of its type.
    """
    named = {item["name"].lower(): item for item in parameters if item.get("name")}
    positional = iter([item for item in parameters if not item.get("name")])

    def replace(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Parameter):
            name = node.name
            if isinstance(node.this, exp.Parameter):
                raise unsupported(f"the system variable @@{node.this.name}")
            if name.lower() not in named:
                raise invalid_query(f"Query parameter '{name}' not found")
            return _value(named[name.lower()])
        if isinstance(node, exp.Placeholder) and not node.args.get("this"):
            item = next(positional, None)
            if item is None:
                raise invalid_query("Query has more positional parameters (?) than values were given.")
            return _value(item)
        return node

    return statement.transform(replace)


def _value(parameter: dict[str, Any]) -> exp.Expr:
    name = parameter.get("name") or "(positional)"
    return _typed(name, parameter.get("parameterType") or {}, parameter.get("parameterValue") or {})


def _typed(name: str, kind: dict[str, Any], value: dict[str, Any]) -> exp.Expr:
    type_name = str(kind.get("type", "")).upper()
    if type_name == "ARRAY":
        items = [_typed(name, kind["arrayType"], item) for item in value.get("arrayValues", [])]
        return exp.cast(exp.Array(expressions=items), f"{_sql_type(name, kind['arrayType'])}[]", dialect="duckdb")
    if type_name in ("STRUCT", "RECORD"):
        return _struct(name, kind, value)
    if type_name == "BYTES":
        text = value.get("value")
        return exp.null() if text is None else exp.func("FROM_BASE64", exp.Literal.string(text))
    text = value.get("value")
    literal = exp.null() if text is None else exp.Literal.string(str(text))
    return exp.cast(literal, _sql_type(name, kind), dialect="duckdb")


def _struct(name: str, kind: dict[str, Any], value: dict[str, Any]) -> exp.Expr:
    values = value.get("structValues", {})
    members = [
        exp.PropertyEQ(
            this=exp.to_identifier(item["name"]), expression=_typed(name, item["type"], values.get(item["name"], {}))
        )
        for item in kind.get("structTypes", [])
    ]
    return exp.Struct(expressions=members)


def _sql_type(name: str, kind: dict[str, Any]) -> str:
    type_name = str(kind.get("type", "")).upper()
    if type_name in ("STRUCT", "RECORD"):
        inner = ", ".join(f'"{item["name"]}" {_sql_type(name, item["type"])}' for item in kind.get("structTypes", []))
        return f"STRUCT({inner})"
    if type_name == "BYTES":
        return "BLOB"
    if type_name not in _SCALARS:
        raise invalid_query(
            f"Query parameter '{name}' has the type {type_name or '(none)'}, which localgcp does not support."
        )
    return _SCALARS[type_name]
