"""The DuckDB database: one file, one cursor for each job, and tables that are dropped once no reader is left."""

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
_FILE = "tables.duckdb"  # as older versions named it
_FILES = "tables_*.duckdb"
_CLOSE_TIMEOUT_S = 1.0


class Engine:
    """One database file.

    Physical tables have generated names, so that no name of a client reaches DuckDB. A table that is replaced or
    deleted keeps its rows until every `reading()` block has ended that may have looked up its physical name.
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
        """Drop a table as soon as no `reading()` block is open."""
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
        """Write everything to the file and close it.

        DuckDB would wait for a query that still runs. In that case the file is left open, and the next server recovers
        it as after a crash.
        """
        with self._lock:
            if self._lock.wait_for(lambda: self._readers == 0, _CLOSE_TIMEOUT_S):
                self._root.close()


def _file_in(folder: Path) -> Path:
    """Return the database file of a folder: the one that is there, or a new name.

    Each file has a name of its own. While a query of an earlier server in this process holds a file open, even a
    deleted one, DuckDB returns that file for the same path.
    """
    known = sorted([*folder.glob(_FILE), *folder.glob(_FILES)])
    return known[0] if known else folder / _FILES.replace("*", uuid4().hex[:8])


def configure(connection: Cursor) -> None:
    """Apply the settings that GoogleSQL needs, and register the functions and macros that DuckDB lacks."""
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
    """Yield the batches of a query's rows.

    Raises:
        duckdb.Error: the query fails after the first batch. Arrow raises an OSError instead, which is converted here.
    """
    try:
        yield from reader
    except OSError as error:
        raise duckdb.Error(str(error)) from error


def new_physical_name() -> str:
    """Return a new name for a physical table."""
    return f"t_{uuid4().hex}"
