"""Transactions of several statements: what they change lies in tables of their own until it is committed.

A transaction sees the tables as they were when it began, and its own changes. Before it changes a table it copies it;
a commit puts the copies in the places of the tables, all at once, or nothing where another writer was there first.
https://cloud.google.com/bigquery/docs/transactions
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Protocol

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.table_copies import TableCopies

_CURRENT: ContextVar["Transaction | None"] = ContextVar("bigquery_transaction", default=None)


class TransactionTables(Protocol):
    """What a transaction needs of the catalog."""

    mutations: Counter[TableName]
    claims: dict[TableName, "Transaction"]

    def committed(self, name: TableName) -> TableEntry | None:
        """Return a table as those outside of transactions see it."""

    def entries(self) -> dict[str, TableEntry]:
        """Return all tables as they are now."""

    def apply(self, changes: Mapping[TableName, TableEntry | None]) -> None:
        """Replace, make and remove tables, all at once."""

    def hold(self, names: Sequence[TableName]) -> ExitStack:
        """Take the locks of the writers of some tables, and return them held."""


def current() -> "Transaction | None":
    """Return the transaction that the statement under way is a part of."""
    return _CURRENT.get()


@contextmanager
def within(transaction: "Transaction | None") -> Iterator[None]:
    """Let statements be a part of a transaction, or of none."""
    token = _CURRENT.set(transaction)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class Transaction:
    """One transaction that is open, or was aborted and waits for its ROLLBACK."""

    def __init__(self, tables: TransactionTables, engine: Engine) -> None:
        """Begin: what others change from now on is not seen."""
        self.transaction_id = "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))
        self._tables = tables
        self._copies = TableCopies(engine)
        self._began = tables.entries()
        self._counts = dict(tables.mutations)
        self._own: dict[TableName, TableEntry | None] = {}
        # The tables that copies were made of, and their rows then.
        self._bases: dict[TableName, tuple[TableEntry, int]] = {}
        self._read: dict[TableName, TableEntry] = {}
        self._mutated: set[TableName] = set()
        self._aborted: ApiError | None = None

    def find(self, name: TableName) -> TableEntry | None:
        """Return a table as the transaction sees it."""
        if name in self._own:
            return self._own[name]
        began = self._began.get(str(name))
        if began is None or began.is_expired or began.view is not None or self._is_unchanged(name, began):
            return None if began is None or began.is_expired else began
        if name not in self._read:
            self._read[name] = replace(began, physical=self._copies.of_snapshot(began))
        return self._read[name]

    def _is_unchanged(self, name: TableName, began: TableEntry) -> bool:
        with within(None):
            now = self._tables.committed(name)
        return now is not None and (now.physical, now.version) == (began.physical, began.version)

    def claim(self, name: TableName, *, appends: bool) -> None:
        """Prepare a table for a change: from now on the transaction has its own.

        Raises:
            ApiError: 400 where another writer has changed it since, or is about to.
        """
        self.check()
        entry = self.find(name)
        if entry is None or entry.view is not None:
            return
        if not appends and str(name) in self._began:
            if self._tables.claims.get(name, self) is not self or self._others_mutated(name):
                raise self._conflict(name)
            self._tables.claims[name] = self
            self._mutated.add(name)
        if name in self._own:
            return
        copy = self._read.pop(name, None)
        physical = copy.physical if copy is not None else self._copies.of_table(entry)
        self._bases[name] = (self._began[str(name)], self._copies.count(physical))
        self._own[name] = replace(entry, physical=physical)

    def _others_mutated(self, name: TableName) -> bool:
        return self._tables.mutations.get(name, 0) != self._counts.get(name, 0)

    def _conflict(self, name: TableName) -> ApiError:
        self._aborted = invalid_query(
            f"Transaction is aborted due to concurrent update against table {name}. "
            f"Transaction ID: {self.transaction_id}"
        )
        self._release()
        return self._aborted

    def check(self) -> None:
        """Refuse what follows in a transaction that was aborted.

        Raises:
            ApiError: 400, what it was aborted by.
        """
        if self._aborted is not None:
            raise self._aborted

    def put(self, entry: TableEntry, old: TableEntry | None = None) -> None:
        """Store a table as the transaction has changed or made it."""
        if entry.name not in self._own and old is not None:
            self._bases[entry.name] = (old, 0)
        self._own[entry.name] = entry
        if old is not None and old.physical != entry.physical:
            self._drop(entry.name, old)

    def delete(self, name: TableName) -> None:
        """Remove a table for the transaction."""
        entry = self.find(name)
        if entry is None:
            return
        if str(name) in self._began:
            self._bases.setdefault(name, (entry, 0))
        self._own[name] = None
        self._drop(name, entry)

    def _drop(self, name: TableName, entry: TableEntry) -> None:
        base = self._bases.get(name)
        if entry.physical and (base is None or base[0].physical != entry.physical):
            self._copies.drop(entry.physical)

    def commit(self) -> None:
        """Make the changes visible, all at once.

        Raises:
            ApiError: 400 where another writer has changed the same table since; then nothing is changed.
        """
        self.check()
        with within(None), self._tables.hold(sorted(self._own)):
            changes = {name: self._merged(name, own) for name, own in self._own.items() if self._is_changed(name, own)}
            self._tables.apply(changes)
        for name in changes:
            del self._own[name]
        self._release()

    def _is_changed(self, name: TableName, own: TableEntry | None) -> bool:
        return name not in self._bases or own is None or own.version != self._bases[name][0].version

    def _merged(self, name: TableName, own: TableEntry | None) -> TableEntry | None:
        """Return what a table becomes, with the rows that others have appended meanwhile."""
        now = self._tables.committed(name)
        if name not in self._bases:
            if now is not None and own is not None:
                raise self._conflict(name)
            return own
        base, count = self._bases[name]
        if now is None or (now.physical, now.fields) != (base.physical, base.fields):
            raise self._conflict(name)
        if now.version != base.version:
            if own is None or (self._others_mutated(name) and name in self._mutated):
                raise self._conflict(name)
            if self._others_mutated(name):
                physical = self._copies.of_table(now)
                self._copies.append(own, own.physical, count, physical)
                self._copies.drop(own.physical)
                # Kept, so that a conflict about the next table drops it.
                self._own[name] = own = replace(own, physical=physical)
            else:
                self._copies.append(now, now.physical, count, own.physical)
        return own if own is None else replace(own, settings=now.settings, version=now.version + 1)

    def rollback(self) -> None:
        """Forget all changes."""
        self._aborted = None
        self._release()

    def _release(self) -> None:
        """Drop the tables that are only the transaction's, and let others claim those that it claimed."""
        for entry in (*self._own.values(), *self._read.values()):
            if entry is not None:
                self._drop(entry.name, entry)
        self._own.clear()
        self._read.clear()
        # Others may claim tables meanwhile: one looks at one's own only.
        for name in self._mutated:
            if self._tables.claims.get(name) is self:
                del self._tables.claims[name]
        self._copies.close()
