"""Script variables: their values as DuckDB literals, put into statements where no column has the name."""

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
        field: the type; its name means nothing.
        value: as Arrow gives it to Python.
    """

    field: Field
    value: Any

    def literal(self) -> exp.Expr:
        """Return the node that stands for the value in a statement."""
        return exp.Var(this=literal_text(self.value, self.field))


def literal_text(value: Any, field: Field) -> str:
    """Return a value as a DuckDB expression of exactly its type."""
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
    """Return the statement with the values of the variables that it names.

    Args:
        variables: by lower-case name.
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
    """Return the statement with the values of `@@name` and `@@name.part`.

    Raises:
        ApiError: 400 for a system variable that there is not.
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
    """The answer where a value does not fit its variable."""
    text = expression.sql("bigquery")
    return invalid_query(f"Cannot coerce expression {text} of type {source.standard_type} to {target.standard_type}")
