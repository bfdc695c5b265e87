"""Views: the columns that their queries give."""

from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.scope.scope import NameDefaults, Scope
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field


def fields_of_view(catalog: Catalog, compiler: Compiler, name: TableName, view: dict[str, Any]) -> tuple[Field, ...]:
    """Return the columns of a view.

    Args:
        view: a `ViewDefinition`.

    Raises:
        ApiError: 400 for a query that is not valid or not one SELECT, 404 for a table that does not exist.
    """
    if view.get("useLegacySql"):
        raise invalid_argument("localgcp does not run legacy SQL. Set view.useLegacySql to false.")
    statements = parse(view.get("query", ""))
    if len(statements) > 1 or not isinstance(statements[0], exp.Query):
        raise invalid_argument(f"The query of view {name} must be one SELECT statement.")
    scope = Scope(catalog=catalog, defaults=NameDefaults(project=name.project), is_definition=True)
    return compiler.query(statements[0], scope).fields
