"""Rows and schemas of tables and of query results, as the REST API gives them page by page."""

from collections.abc import Sequence

import pyarrow as pa

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.transfer.sink import in_partition
from localgcp.services.bigquery.types.schema import Field, quote


class Reads:
    """Reads stored tables, and the anonymous tables that hold the results of queries."""

    def __init__(self, catalog: Catalog, engine: Engine, results: QueryResults, sizes: Sizes) -> None:
        self._catalog = catalog
        self._engine = engine
        self._results = results
        self._sizes = sizes

    def rows(
        self, name: TableName, start: int, count: int, columns: Sequence[str] = (), partition: str = ""
    ) -> tuple[tuple[Field, ...], pa.Table, int]:
        """Return a slice of a table's rows, in the order in which they were written.

        Args:
            name: a table, or the result of a query.
            start: the number of rows before the slice.
            count: the most rows that the slice has.
            columns: the names of top-level columns; empty means all.
            partition: the only partition to read, as in `20240131`; empty means all.

        Returns:
            The fields, the rows of the slice, and the number of all rows.

        Raises:
            ApiError: 404 for the table, 400 for a view, for a column that the table does not have, or for a partition
                that it cannot have.
        """
        if (found := self._results.find(name)) is not None:
            fields, table = found
            return fields, table.slice(start, count), table.num_rows
        with self._engine.reading() as cursor:
            entry = self._catalog.get(name)
            if entry.view is not None:
                raise invalid_argument(f"Cannot list a table of type VIEW. Table: {name}")
            fields = _chosen(entry, columns)
            total = self._sizes.partition(entry, partition)[0] if partition else self._sizes.row_count(entry)
            where = f" WHERE {in_partition(entry, partition)}" if partition else ""
            if not fields:
                return fields, pa.table({}), total
            names = ", ".join(quote(field.name) for field in fields)
            sql = f"SELECT {names} FROM {quote(entry.physical)}{where} LIMIT {count} OFFSET {start}"
            return fields, cursor.execute(sql).to_arrow_table(), total

    def result_fields(self, name: TableName) -> tuple[Field, ...] | None:
        """Return the schema of the result of a query, or None if `name` is not the name of a result."""
        found = self._results.find(name)
        return found[0] if found else None


def _chosen(entry: TableEntry, columns: Sequence[str]) -> tuple[Field, ...]:
    wanted = {column.lower() for column in columns}
    if unknown := wanted - {field.name.lower() for field in entry.fields}:
        raise invalid_argument(f"No such field: {sorted(unknown)[0]}. Table: {entry.name}")
    return tuple(field for field in entry.fields if not wanted or field.name.lower() in wanted)
