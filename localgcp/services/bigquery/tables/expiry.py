"""Expired partitions: their rows are removed when the table is next used."""

import threading
from collections.abc import Callable

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.tables.entry import TableEntry, now_ms
from localgcp.services.bigquery.tables.partitioning import Partitioning
from localgcp.services.bigquery.tables.writer_locks import WriterLocks
from localgcp.services.bigquery.types.schema import quote


class PartitionExpiry:
    """Removes expired partitions, and remembers for which version of a table that is done."""

    def __init__(self, engine: Engine, locks: WriterLocks, touch: Callable[[TableEntry], TableEntry]) -> None:
        """Start without a table whose partitions are known to be removed.

        Args:
            engine: holds the rows.
            locks: partitions are removed only while their table has no other writer.
            touch: stores in the catalog that the rows of a table have changed, and returns the new entry.
        """
        self._engine = engine
        self._locks = locks
        self._touch = touch
        self._lock = threading.Lock()
        self._done: dict[str, tuple[int, str]] = {}

    def without_expired(self, entry: TableEntry) -> TableEntry:
        """Remove the expired partitions of a table, and return its entry afterwards."""
        partitioning = entry.partitioning
        if partitioning is None or not partitioning.expiration_ms or not partitioning.unit:
            return entry
        first = partitioning.first_kept(now_ms())
        if self._done.get(entry.physical) == (entry.version, first):
            return entry
        lock = self._locks.lock_of(entry.name)
        # A writer uses the table too, so it removes the partitions itself. Waiting for it could end in a deadlock.
        if not lock.acquire(blocking=False):
            return entry
        try:
            return self._remove(entry, partitioning, first)
        finally:
            lock.release()

    def _remove(self, entry: TableEntry, partitioning: Partitioning, first: str) -> TableEntry:
        column = quote(partitioning.column)
        sql = f"DELETE FROM {quote(entry.physical)} WHERE {column} < {partitioning.literal(first)}"
        with self._engine.reading() as cursor:
            count = int(cursor.execute(sql).fetchone()[0])
        found = self._touch(entry) if count else entry
        with self._lock:
            self._done[entry.physical] = (found.version, first)
        return found
