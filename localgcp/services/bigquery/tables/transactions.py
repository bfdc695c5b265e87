"""Transactions of several statements: changes are made to copies of tables until the commit.

A transaction sees the tables as they were when it began, and its own changes. Before it changes a table it copies the
table. The commit replaces all tables by their copies in one step, or fails if another writer has changed one of them.
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
    """The part of the catalog that a transaction needs."""

    mutations: Counter[TableName]
    claims: dict[TableName, "Transaction"]

    def committed(self, name: TableName) -> TableEntry | None:
        """Return a table as committed, or None."""

    def entries(self) -> dict[str, TableEntry]:
        """Return all tables by name as they are now."""

    def apply(self, changes: Mapping[TableName, TableEntry | None]) -> None:
        """Replace, create and remove tables in one step."""

    def hold(self, names: Sequence[TableName]) -> ExitStack:
        """Take the locks of the writers of some tables, and return them held."""


def current() -> "Transaction | None":
    """Return the transaction of the statement that runs in this context, or None."""
    return _CURRENT.get()


@contextmanager
def within(transaction: "Transaction | None") -> Iterator[None]:
    """Run the block as a part of a transaction; None runs it outside of transactions."""
    token = _CURRENT.set(transaction)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class Transaction:
    """One transaction, open or aborted; an aborted one refuses everything but ROLLBACK."""

    def __init__(self, tables: TransactionTables, engine: Engine) -> None:
        """Begin the transaction: it will not see what others change from now on."""
        self.transaction_id = "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))
        self._tables = tables
        self._copies = TableCopies(engine)
        self._began = tables.entries()
        self._counts = dict(tables.mutations)
        self._own: dict[TableName, TableEntry | None] = {}
        # The tables that were copied, and the number of their rows at that time.
        self._bases: dict[TableName, tuple[TableEntry, int]] = {}
        self._read: dict[TableName, TableEntry] = {}
        self._mutated: set[TableName] = set()
        self._aborted: ApiError | None = None

    def find(self, name: TableName) -> TableEntry | None:
        """Return a table as the transaction sees it, or None."""
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
        """Prepare a table for a change: copy it, unless the transaction has a copy.

        Args:
            name: the table.
            appends: rows are only added.

        Raises:
            ApiError: 400 if another transaction or statement has changed rows of the table, or is about to.
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
        """Refuse the next statement if the transaction is aborted.

        Raises:
            ApiError: 400, the conflict that aborted it.
        """
        if self._aborted is not None:
            raise self._aborted

    def put(self, entry: TableEntry, old: TableEntry | None = None) -> None:
        """Store a table that the transaction has created or changed.

        Args:
            entry: the table now.
            old: the table before, or None if the transaction creates it.
        """
        if entry.name not in self._own and old is not None:
            self._bases[entry.name] = (old, 0)
        self._own[entry.name] = entry
        if old is not None and old.physical != entry.physical:
            self._drop(entry.name, old)

    def delete(self, name: TableName) -> None:
        """Remove a table; others see that after the commit."""
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
        """Make all changes visible in one step.

        Raises:
            ApiError: 400 if another writer has changed one of the tables; then nothing is changed.
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
        """Return the entry of a table after the commit, with the rows that others have appended meanwhile."""
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
                # Stored here, so that a conflict about the next table drops the copy.
                self._own[name] = own = replace(own, physical=physical)
            else:
                self._copies.append(now, now.physical, count, own.physical)
        return own if own is None else replace(own, settings=now.settings, version=now.version + 1)

    def rollback(self) -> None:
        """Discard all changes."""
        self._aborted = None
        self._release()

    def _release(self) -> None:
        """Drop the copies, and allow others to claim the tables that this transaction has claimed."""
        for entry in (*self._own.values(), *self._read.values()):
            if entry is not None:
                self._drop(entry.name, entry)
        self._own.clear()
        self._read.clear()
        # Other transactions may change the mapping meanwhile, so look only at the tables of this one.
        for name in self._mutated:
            if self._tables.claims.get(name) is self:
                del self._tables.claims[name]
        self._copies.close()
