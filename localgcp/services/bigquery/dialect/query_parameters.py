"""Query parameters: replaced in statements by their values, as DuckDB expressions of exactly their types."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.types.intervals import interval_sql
from localgcp.services.bigquery.types.schema import Field, quote

# The key of `meta` with the type of a parameter: BigQuery coerces parameters as it does literals.
PARAMETER = "parameter"
# The key of `meta` with the elements of an ARRAY parameter as nodes, for partition filters.
ELEMENTS = "elements"


def bind(statement: exp.Expr, parameters: Sequence[dict[str, Any]]) -> exp.Expr:
    """Replace each `@name` and `?` of a statement by its value.

    Args:
        statement: the statement.
        parameters: `QueryParameter` resources.

    Raises:
        ApiError: 400 for a parameter without a value, or of a type that localgcp does not have.
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
    kind = _field(name, parameter.get("parameterType") or {})
    node = exp.Var(this=_text(kind, parameter.get("parameterValue") or {}))
    node.meta[PARAMETER] = kind
    if kind.mode == "REPEATED":
        items = (parameter.get("parameterValue") or {}).get("arrayValues", ())
        node.meta[ELEMENTS] = [exp.Var(this=_text(kind.element, item)) for item in items]
    return node


def _field(name: str, kind: dict[str, Any], member: str = "value") -> Field:
    type_name = str(kind.get("type", "")).upper()
    if type_name == "ARRAY":
        element = _field(name, kind.get("arrayType") or {}, member)
        return Field(name=member, type=element.type, mode="REPEATED", fields=element.fields)
    if type_name in ("STRUCT", "RECORD"):
        members = kind.get("structTypes", ())
        fields = tuple(
            _field(name, item.get("type") or {}, item.get("name") or f"_field_{position}")
            for position, item in enumerate(members, start=1)
        )
        return Field(name=member, type="RECORD", fields=fields)
    try:
        return Field.from_json({"name": member, "type": type_name})
    except ApiError as error:
        raise invalid_query(
            f"Query parameter '{name}' has the type {type_name or '(none)'}, which localgcp does not support."
        ) from error


def _text(kind: Field, value: dict[str, Any]) -> str:
    if kind.mode == "REPEATED":
        items = ", ".join(_text(kind.element, item) for item in value.get("arrayValues", ()))
        return f"CAST([{items}] AS {kind.duckdb_type})"
    if kind.type == "RECORD":
        return _record(kind, value)
    given = value.get("value")
    if given is None:
        return f"CAST(NULL AS {kind.duckdb_type})"
    if kind.type == "INTERVAL":
        return interval_sql(str(given))
    literal = "'" + str(given).replace("'", "''") + "'"
    if kind.type == "BYTES":
        # Clients encode bytes in the standard or in the URL-safe alphabet.
        return f"from_base64(translate({literal}, '-_', '+/'))"
    return f"CAST({literal} AS {kind.duckdb_type})"


def _record(kind: Field, value: dict[str, Any]) -> str:
    values = value.get("structValues")
    if values is None:
        return f"CAST(NULL AS {kind.duckdb_type})"
    members = (f"{quote(inner.name)} := {_text(inner, values.get(inner.name) or {})}" for inner in kind.fields)
    return f"struct_pack({', '.join(members)})"
