"""The copies of tables that a transaction changes, and a snapshot of all rows as they were when it began."""

from contextlib import ExitStack

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.physical import column_names, create_physical
from localgcp.services.bigquery.types.schema import quote

_BATCH_ROWS = 65_536


class TableCopies:
    """The copies and the snapshot of one transaction."""

    def __init__(self, engine: Engine) -> None:
        """Take the snapshot: an open DuckDB transaction, in which the rows stay as they are now."""
        self._engine = engine
        self._resources = ExitStack()
        self._snapshot = self._resources.enter_context(engine.reading())
        self._snapshot.execute("BEGIN TRANSACTION")
        # DuckDB takes the snapshot with the first read of a transaction.
        self._snapshot.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchall()

    def of_table(self, entry: TableEntry) -> str:
        """Copy a table as it is now, and return the name of the copy."""
        physical = create_physical(self._engine, entry.stored_fields)
        self.append(entry, entry.physical, 0, physical)
        return physical

    def of_snapshot(self, entry: TableEntry) -> str:
        """Copy a table as it was when the transaction began, and return the name of the copy."""
        physical = create_physical(self._engine, entry.stored_fields)
        names = column_names(entry.stored_fields)
        reader = self._snapshot.execute(f"SELECT {names} FROM {quote(entry.physical)}").to_arrow_reader(_BATCH_ROWS)
        with self._engine.reading() as cursor:
            cursor.register("rows_then", reader)
            cursor.execute(f"INSERT INTO {quote(physical)} ({names}) SELECT * FROM rows_then")
        return physical

    def append(self, entry: TableEntry, source: str, start: int, target: str) -> None:
        """Append the rows of one DuckDB table to another.

        Args:
            entry: has the columns of both.
            source: the table that is read.
            start: the number of rows at its beginning that are left out.
            target: the table that the rows are appended to.
        """
        names = column_names(entry.stored_fields)
        rows = f"SELECT {names} FROM {quote(source)} OFFSET {start}"
        with self._engine.reading() as cursor:
            cursor.execute(f"INSERT INTO {quote(target)} ({names}) {rows}")

    def count(self, physical: str) -> int:
        """Return the number of rows of a table."""
        with self._engine.reading() as cursor:
            return int(cursor.execute(f"SELECT COUNT(*) FROM {quote(physical)}").fetchone()[0])

    def drop(self, physical: str) -> None:
        """Drop a copy that is no longer needed."""
        self._engine.retire(physical)

    def close(self) -> None:
        """Release the snapshot."""
        self._resources.close()
