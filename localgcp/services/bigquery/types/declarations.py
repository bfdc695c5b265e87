"""Fields from the columns and types that DDL and CAST declare."""

from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.types.parameters import parameters_of
from localgcp.services.bigquery.types.schema import Field, parse_fields


def fields_of(schema: exp.Schema) -> tuple[Field, ...]:
    """Return the fields of the column list of CREATE TABLE.

    Raises:
        ApiError: 400 for a type that localgcp does not know.
    """
    return parse_fields([column_of(item) for item in schema.expressions if isinstance(item, exp.ColumnDef)])


def field_of(kind: exp.DataType) -> Field:
    """Return a field called `value` with the type of a node.

    Raises:
        ApiError: 400 for a type that localgcp does not know.
    """
    return Field.from_json({"name": "value", **_type(kind)})


def column_of(column: exp.ColumnDef) -> dict[str, Any]:
    """Return a column of a column list as a `TableFieldSchema`.

    Raises:
        ApiError: 400 for an option that localgcp does not know.
    """
    raw: dict[str, Any] = {"name": column.name, **_type(column.args["kind"])}
    for constraint in column.args.get("constraints") or ():
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.NotNullColumnConstraint):
            raw["mode"] = "REQUIRED"
        elif isinstance(kind, exp.DefaultColumnConstraint):
            raw["defaultValueExpression"] = kind.this.sql("bigquery")
        elif isinstance(kind, exp.CollateColumnConstraint):
            raw["collation"] = kind.this.name
        elif isinstance(kind, exp.Properties):
            raw |= _column_options(kind)
    return raw


def _column_options(options: exp.Properties) -> dict[str, str]:
    found = {item.name.lower(): item.args["value"].name for item in options.expressions}
    if unknown := sorted(set(found) - {"description", "rounding_mode"}):
        raise invalid_query(f"Unknown option: {unknown[0]}")
    return {{"rounding_mode": "roundingMode"}.get(name, name): value for name, value in found.items()}


def description_of(column: exp.Expr) -> dict[str, str]:
    """Return the OPTIONS of a column in the column list of a view, as the REST API names them."""
    options = column.find(exp.Properties)
    return _column_options(options) if options is not None else {}


def _type(kind: exp.DataType) -> dict[str, Any]:
    if kind.is_type("array"):
        return {**_type(kind.expressions[0]), "mode": "REPEATED"}
    if kind.is_type("struct"):
        members = enumerate(kind.expressions, start=1)
        return {"type": "RECORD", "fields": [_member(item, position) for position, item in members]}
    name = exp.DataType(this=kind.this).sql("bigquery")
    return {"type": name, **parameters_of(name, [int(item.name) for item in kind.expressions])}


def _member(item: exp.Expr, position: int) -> dict[str, Any]:
    if isinstance(item, exp.ColumnDef):
        return column_of(item)
    assert isinstance(item, exp.DataType)
    return {"name": f"_field_{position}", **_type(item)}
