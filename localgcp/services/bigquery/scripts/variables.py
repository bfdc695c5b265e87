"""Script variables: replaced in statements by their values, unless a column has the name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scope.visible_names import is_column
from localgcp.services.bigquery.types.intervals import interval_sql, interval_text
from localgcp.services.bigquery.types.schema import Field, quote


@dataclass(frozen=True, slots=True)
class Variable:
    """A value with its type.

    Attributes:
        field: the type; its name is not used.
        value: the value as Arrow returns it to Python.
    """

    field: Field
    value: Any

    def literal(self) -> exp.Expr:
        """Return the value as a node of a statement."""
        return exp.Var(this=literal_text(self.value, self.field))


def literal_text(value: Any, field: Field) -> str:
    """Return a value as a DuckDB expression that has exactly its type."""
    if value is None:
        return f"CAST(NULL AS {field.duckdb_type})"
    if field.mode == "REPEATED":
        items = ", ".join(literal_text(item, field.element) for item in value)
        return f"CAST([{items}] AS {field.duckdb_type})"
    if field.type == "RECORD":
        members = (f"{quote(inner.name)} := {literal_text(value[inner.name], inner)}" for inner in field.fields)
        return f"struct_pack({', '.join(members)})"
    if field.type == "BYTES":
        return f"unhex('{value.hex()}')"
    if field.type == "INTERVAL":
        return interval_sql(interval_text(value))
    text = value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    escaped = text.replace("'", "''")
    return f"CAST('{escaped}' AS {field.duckdb_type})"


def put_variables(statement: exp.Expr, variables: Mapping[str, Variable], scope: Scope) -> exp.Expr:
    """Replace the variables in a statement by their values.

    Args:
        statement: the statement; it is changed in place.
        variables: the variables by lower-case name.
        scope: tells which names are columns.
    """
    for node in list(statement.find_all(exp.Column)) if variables else ():
        name = node.table or node.name
        variable = variables.get(name.lower())
        if variable is None or node.args.get("db") or is_column(node, name, scope):
            continue
        value = variable.literal()
        if node.table:
            value = exp.Dot(this=exp.paren(value), expression=node.this.copy())
        elif isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
            value = exp.alias_(value, node.name)
        if node is statement:
            return value
        node.replace(value)
    return statement


def put_system_variables(statement: exp.Expr, values: Mapping[str, Variable]) -> exp.Expr:
    """Replace `@@name` and `@@name.part` in a statement by the values of system variables.

    Raises:
        ApiError: 400 for a system variable that localgcp does not have.
    """
    for node in list(statement.find_all(exp.Parameter)):
        if not isinstance(node.this, exp.Parameter):
            continue
        name = node.this.name
        whole: exp.Expr = node
        if isinstance(node.parent, exp.Dot) and node.arg_key == "this":
            whole = node.parent
            name = f"{name}.{whole.expression.name}"
        if name.lower() not in values:
            raise unsupported(f"the system variable @@{name}")
        value = values[name.lower()].literal()
        if whole is statement:
            return value
        whole.replace(value)
    return statement


def cannot_coerce(expression: exp.Expr, source: Field, target: Field) -> Exception:
    """Return the 400 for a value that does not fit its variable."""
    text = expression.sql("bigquery")
    return invalid_query(f"Cannot coerce expression {text} of type {source.standard_type} to {target.standard_type}")
