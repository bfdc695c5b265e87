"""One lock for each table; a writer holds it while it changes the table."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

from localgcp.services.bigquery.tables.names import TableName


class WriterLocks:
    """The locks of all tables of one server, each created when it is first asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[TableName, threading.RLock] = defaultdict(threading.RLock)

    def lock_of(self, name: TableName) -> threading.RLock:
        """Return the lock of a table."""
        with self._guard:
            return self._locks[name]

    def hold(self, names: Sequence[TableName]) -> ExitStack:
        """Acquire the locks of some tables, and return a context that releases them.

        Args:
            names: sorted, because two callers with different orders could wait for each other for ever.
        """
        with ExitStack() as locks:
            for name in names:
                locks.enter_context(self.lock_of(name))
            return locks.pop_all()
