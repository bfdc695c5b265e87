"""One lock for each table, which whoever changes the table holds."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

from localgcp.services.bigquery.tables.names import TableName


class WriterLocks:
    """The locks of all tables of one server; a table without a lock gets one when it is first asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[TableName, threading.RLock] = defaultdict(threading.RLock)

    def lock_of(self, name: TableName) -> threading.RLock:
        """Return the lock of a table."""
        with self._guard:
            return self._locks[name]

    def hold(self, names: Sequence[TableName]) -> ExitStack:
        """Take the locks of some tables, one after the other, and return them held.

        Args:
            names: in the same order for all callers, or two of them could wait for each other.
        """
        with ExitStack() as locks:
            for name in names:
                locks.enter_context(self.lock_of(name))
            return locks.pop_all()
