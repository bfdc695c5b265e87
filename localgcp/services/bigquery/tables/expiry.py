"""Partitions whose time has passed: their rows are removed when somebody next looks at the table."""

import threading
from typing import TYPE_CHECKING

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.tables.entry import TableEntry, now_ms
from localgcp.services.bigquery.types.schema import quote

if TYPE_CHECKING:
    from localgcp.services.bigquery.tables.catalog import Catalog


class PartitionExpiry:
    """Removes them, and remembers where there was nothing to remove."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._done: dict[str, tuple[int, str]] = {}

    def applied(self, entry: TableEntry, catalog: "Catalog") -> TableEntry:
        """Return a table without its expired partitions."""
        partitioning = entry.partitioning
        if partitioning is None or not partitioning.expiration_ms or not partitioning.unit:
            return entry
        first = partitioning.first_kept(now_ms())
        if self._done.get(entry.physical) == (entry.version, first):
            return entry
        lock = catalog.lock_of(entry.name)
        # A writer who is at work looks at the table himself; to wait for him could be to wait for each other.
        if not lock.acquire(blocking=False):
            return entry
        try:
            return self._remove(entry, first, catalog)
        finally:
            lock.release()

    def _remove(self, entry: TableEntry, first: str, catalog: "Catalog") -> TableEntry:
        assert entry.partitioning is not None
        column = quote(entry.partitioning.column)
        sql = f"DELETE FROM {quote(entry.physical)} WHERE {column} < {entry.partitioning.literal(first)}"
        with self._engine.reading() as cursor:
            count = int(cursor.execute(sql).fetchone()[0])
        found = catalog.touch(entry) if count else entry
        with self._lock:
            self._done[entry.physical] = (found.version, first)
        return found
