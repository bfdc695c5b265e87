"""Temporary tables: they lie in a hidden dataset of their script, and end with it."""

from sqlglot import exp

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.environment import Environment
from localgcp.bigquery.names import TableName, check_table_id
from localgcp.bigquery.query_call import QueryCall
from localgcp.bigquery.query_errors import invalid_query
from localgcp.errors import ApiError


class TemporaryTables:
    """Makes and removes the hidden datasets."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def declare(self, table: exp.Table, call: QueryCall) -> None:
        """Let a name mean a temporary table from now on.

        Raises:
            ApiError: 400 for a name with a dataset.
        """
        names = call.environment
        if table.db:
            raise invalid_query("CREATE TEMP TABLE cannot name a dataset")
        if names is None or call.is_dry_run:
            raise invalid_query("CREATE TEMP TABLE needs a script that reads the table")
        check_table_id(table.name)
        try:
            self._catalog.create_dataset(names.hidden.project, {"datasetReference": names.hidden.to_json()})
        except ApiError as error:
            if error.reason != "duplicate":
                raise
        names.temporary[table.name.lower()] = TableName(names.hidden.project, names.hidden.dataset, table.name)

    def drop(self, names: Environment) -> None:
        """Remove all tables of a script."""
        if names.temporary:
            self._catalog.delete_dataset(names.hidden, with_contents=True)


def is_temporary(statement: exp.Expr) -> bool:
    """A statement makes a temporary table or function."""
    properties = statement.args.get("properties") if isinstance(statement, exp.Create) else None
    return properties is not None and any(isinstance(item, exp.TemporaryProperty) for item in properties.expressions)
