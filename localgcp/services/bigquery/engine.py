"""The DuckDB database: one file, a cursor for each job, and tables that vanish only when nobody reads them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from localgcp.services.bigquery.natives import register
from localgcp.services.bigquery.natives.fingerprint import fingerprint
from localgcp.services.bigquery.natives.macros import MACROS
from localgcp.services.bigquery.types import intervals
from localgcp.services.bigquery.types.schema import quote

Cursor = Any
_FILE = "tables.duckdb"  # of older state folders
_FILES = "tables_*.duckdb"
_PATIENCE_S = 1.0


class Engine:
    """One database file.

    Physical tables carry made-up names: nothing that a client writes becomes a name in DuckDB. A table that is
    replaced or deleted keeps its rows until the last `reading()` block that may have resolved its name has ended.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._root = duckdb.connect(str(_file_in(folder)), config={"threads": threads})
        configure(self._root)
        self._lock = threading.Condition()
        self._readers = 0
        self._retired: list[str] = []

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Give a cursor; tables resolved within the block stay readable until its end."""
        with self._lock:
            self._readers += 1
            cursor = self._root.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._lock:
                self._readers -= 1
                self._drop_retired()
                self._lock.notify_all()

    def retire(self, physical: str) -> None:
        """Drop a table as soon as nobody reads."""
        with self._lock:
            self._retired.append(physical)
            self._drop_retired()

    def _drop_retired(self) -> None:
        while self._retired and self._readers == 0:
            self._root.execute(f"DROP TABLE IF EXISTS {quote(self._retired.pop())}")

    def tables(self) -> list[str]:
        """Return the names of all physical tables."""
        with self.reading() as cursor:
            return [row[0] for row in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]

    def close(self) -> None:
        """Write everything to the file and release it.

        Where a query goes on, DuckDB would wait for it: the file is left as it is, and sound as after a crash.
        """
        with self._lock:
            if self._lock.wait_for(lambda: self._readers == 0, _PATIENCE_S):
                self._root.close()


def _file_in(folder: Path) -> Path:
    """Return the file with a folder's tables, which may be yet to be made.

    No two are called the same: as long as a query of a former server holds its file, also one that was deleted, DuckDB
    would give that one to whoever asks for the same path.
    """
    known = sorted([*folder.glob(_FILE), *folder.glob(_FILES)])
    return known[0] if known else folder / _FILES.replace("*", uuid4().hex[:8])


def configure(connection: Cursor) -> None:
    """Set what GoogleSQL takes for granted, and register the functions that DuckDB lacks."""
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        connection.execute(f"SET GLOBAL {setting} = false")
    register(connection)
    # In one transaction: each one of a file costs a write to its log.
    macros = [f"CREATE OR REPLACE MACRO {macro}" for macro in (*MACROS, *intervals.MACROS)]
    connection.execute("; ".join(["BEGIN", *macros, "COMMIT"]))
    for kind in ("VARCHAR", "BLOB"):
        connection.create_function(f"farm_fingerprint_{kind.lower()}", fingerprint, [kind], "BIGINT", type="arrow")


def read_batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Give the batches of a query's rows.

    Raises:
        duckdb.Error: the query fails at a later batch, of which Arrow makes an OSError.
    """
    try:
        yield from reader
    except OSError as error:
        raise duckdb.Error(str(error)) from error


def new_physical_name() -> str:
    """Return a name that no table has."""
    return f"t_{uuid4().hex}"
