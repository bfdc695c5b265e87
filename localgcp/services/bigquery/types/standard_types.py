"""The `StandardSqlDataType` of the REST API, which the types of routines have, and the same types in GoogleSQL."""

from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import unsupported


def type_json(kind: exp.DataType) -> dict[str, Any]:
    """Return a type of GoogleSQL as a `StandardSqlDataType`."""
    if kind.is_type("array"):
        return {"typeKind": "ARRAY", "arrayElementType": type_json(kind.expressions[0])}
    if kind.is_type("struct"):
        fields = [{"name": item.name, "type": type_json(item.args["kind"])} for item in kind.expressions]
        return {"typeKind": "STRUCT", "structType": {"fields": fields}}
    return {"typeKind": exp.DataType(this=kind.this).sql("bigquery")}


def type_text(kind: dict[str, Any]) -> str:
    """Return a `StandardSqlDataType` in GoogleSQL.

    Raises:
        ApiError: 400 for a type that no column has.
    """
    name = str(kind.get("typeKind") or "")
    if name == "ARRAY":
        return f"ARRAY<{type_text(kind['arrayElementType'])}>"
    if name == "STRUCT":
        fields = (kind.get("structType") or {}).get("fields") or ()
        inner = ", ".join("`" + item["name"] + "` " + type_text(item["type"]) for item in fields)
        return f"STRUCT<{inner}>"
    if not name.isalnum():
        raise unsupported(f"the type {name or '(none)'} in a routine")
    return name


def argument_text(argument: dict[str, Any]) -> str:
    """Return an argument of a routine as CREATE FUNCTION writes it."""
    is_any = argument.get("argumentKind") == "ANY_TYPE"
    return f"`{argument['name']}` {'ANY TYPE' if is_any else type_text(argument.get('dataType') or {})}"
