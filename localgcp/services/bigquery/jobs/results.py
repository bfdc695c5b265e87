"""Results of queries without a destination table: Arrow data that expires, as BigQuery's anonymous tables do.

DuckDB tables would not do: ten thousand of them make its catalog, and with it every later query, slow.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from localgcp.services.bigquery.engine import Cursor, read_batches
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field

_LIFETIME_MS = 24 * 3_600_000
# Limits for a server that runs for days: beyond them the oldest results are removed early, or moved to disk.
_MOST = 10_000
_MEMORY_BYTES = 128 << 20
_BATCH_ROWS = 65_536
_IN_MEMORY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Result:
    fields: tuple[Field, ...]
    table: pa.Table | None
    made_ms: int

    @property
    def memory_bytes(self) -> int:
        """The size of the rows in memory; 0 if they are on disk."""
        return 0 if self.table is None else int(self.table.nbytes)

    @property
    def is_expired(self) -> bool:
        """Whether the lifetime has passed."""
        return now_ms() - self.made_ms >= _LIFETIME_MS


class QueryResults:
    """The results of the last day; they end with the server."""

    def __init__(self, folder: Path) -> None:
        """Remove the results of earlier servers from the folder."""
        self._folder = folder
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        self._lock = threading.Lock()
        self._known: OrderedDict[TableName, _Result] = OrderedDict()
        self._in_memory: OrderedDict[TableName, int] = OrderedDict()
        self._memory_bytes = 0

    @staticmethod
    def new_name(project: str) -> TableName:
        """Return a new name of an anonymous table; a name made from the job's id could come twice, as the id can."""
        digest = hashlib.sha1(project.encode(), usedforsecurity=False).hexdigest()
        return TableName(project, f"_{digest}", f"anon{uuid4().hex}")

    def write(self, name: TableName, fields: tuple[Field, ...], cursor: Cursor, sql: str) -> int:
        """Run a query, store its rows as a result, and return their number.

        Raises:
            duckdb.Error: the query fails.
        """
        reader = cursor.execute(sql).to_arrow_reader(_BATCH_ROWS)
        batches = read_batches(reader)
        head: list[pa.RecordBatch] = []
        size = 0
        for batch in batches:
            head.append(batch)
            size += batch.nbytes
            if size > _IN_MEMORY_BYTES:
                rows = self._spill(name, reader.schema, chain(head, batches))
                self._store(name, _Result(fields, None, now_ms()))
                return rows
        table = pa.Table.from_batches(head, reader.schema)
        self._store(name, _Result(fields, table, now_ms()))
        return int(table.num_rows)

    def _spill(self, name: TableName, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        rows = 0
        try:
            with pa.RecordBatchFileWriter(str(self._path(name)), schema) as writer:
                for batch in batches:
                    rows += batch.num_rows
                    writer.write_batch(batch)
        except BaseException:
            self._path(name).unlink()
            raise
        return rows

    def _store(self, name: TableName, result: _Result) -> None:
        with self._lock:
            self._known[name] = result
            if result.table is not None:
                self._in_memory[name] = result.memory_bytes
                self._memory_bytes += result.memory_bytes
            while len(self._known) > _MOST or next(iter(self._known.values())).is_expired:
                self._remove(next(iter(self._known)))
            while self._memory_bytes > _MEMORY_BYTES:
                self._put_on_disk(next(iter(self._in_memory)))

    def _remove(self, name: TableName) -> None:
        del self._known[name]
        self._memory_bytes -= self._in_memory.pop(name, 0)
        self._path(name).unlink(missing_ok=True)

    def _put_on_disk(self, name: TableName) -> None:
        known = self._known[name]
        assert known.table is not None
        with pa.RecordBatchFileWriter(str(self._path(name)), known.table.schema) as writer:
            writer.write_table(known.table)
        self._known[name] = _Result(known.fields, None, known.made_ms)
        self._memory_bytes -= self._in_memory.pop(name)

    def _path(self, name: TableName) -> Path:
        return self._folder / f"{name.table}.arrow"

    def find(self, name: TableName) -> tuple[tuple[Field, ...], pa.Table] | None:
        """Return the schema and the rows of a result, or None if it does not exist or has expired."""
        with self._lock:
            found = self._known.get(name)
            if found is None or found.is_expired:
                return None
            if found.table is not None:
                return found.fields, found.table
            # Mapped into memory instead of read, so that a page of a large result reads only its own rows.
            table = pa.RecordBatchFileReader(pa.memory_map(str(self._path(name)))).read_all()
        return found.fields, table
