"""Copies of tables that a transaction works on, and the view of all rows as they were when it began."""

from contextlib import ExitStack

from localgcp.services.bigquery.engine import Engine, new_physical_name
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.types.schema import columns_ddl, quote

_BATCH_ROWS = 65_536


class TableCopies:
    """Those of one transaction."""

    def __init__(self, engine: Engine) -> None:
        """Keep the rows of now: DuckDB gives them to this cursor as long as its transaction lasts."""
        self._engine = engine
        self._resources = ExitStack()
        self._snapshot = self._resources.enter_context(engine.reading())
        self._snapshot.execute("BEGIN TRANSACTION")
        # A transaction of DuckDB begins with the first look at the database.
        self._snapshot.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchall()

    def of_table(self, entry: TableEntry) -> str:
        """Return the name of a new copy of a table as it is."""
        physical = self._empty(entry)
        self.append(entry, entry.physical, 0, physical)
        return physical

    def of_snapshot(self, entry: TableEntry) -> str:
        """Return the name of a new copy of a table as it was when the transaction began."""
        physical = self._empty(entry)
        names = _names(entry)
        reader = self._snapshot.execute(f"SELECT {names} FROM {quote(entry.physical)}").to_arrow_reader(_BATCH_ROWS)
        with self._engine.reading() as cursor:
            cursor.register("rows_then", reader)
            cursor.execute(f"INSERT INTO {quote(physical)} ({names}) SELECT * FROM rows_then")
        return physical

    def _empty(self, entry: TableEntry) -> str:
        physical = new_physical_name()
        columns = columns_ddl(entry.stored_fields) or '"_no_columns" BIGINT'
        with self._engine.reading() as cursor:
            cursor.execute(f"CREATE TABLE {quote(physical)} ({columns})")
        return physical

    def append(self, entry: TableEntry, source: str, start: int, target: str) -> None:
        """Append the rows of a table from the given one on to another of the same columns."""
        names = _names(entry)
        rows = f"SELECT {names} FROM {quote(source)} OFFSET {start}"
        with self._engine.reading() as cursor:
            cursor.execute(f"INSERT INTO {quote(target)} ({names}) {rows}")

    def count(self, physical: str) -> int:
        """Return the number of rows of a table."""
        with self._engine.reading() as cursor:
            return int(cursor.execute(f"SELECT COUNT(*) FROM {quote(physical)}").fetchone()[0])

    def drop(self, physical: str) -> None:
        """Drop a table that nobody needs any more."""
        self._engine.retire(physical)

    def close(self) -> None:
        """Let go of the rows of then."""
        self._resources.close()


def _names(entry: TableEntry) -> str:
    return ", ".join(quote(field.name) for field in entry.stored_fields) or '"_no_columns"'
