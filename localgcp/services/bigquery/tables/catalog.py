"""The catalog: all datasets, tables and routines, and the DuckDB table that holds the rows of each table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import duckdb

from localgcp.core.conventions.errors import already_exists, invalid_argument
from localgcp.core.http.context import Context
from localgcp.services.bigquery.engine import Cursor, Engine
from localgcp.services.bigquery.tables.checks import check_settings, with_defaults
from localgcp.services.bigquery.tables.commits import NOTES, Commits, on_behalf_of
from localgcp.services.bigquery.tables.datasets import Datasets
from localgcp.services.bigquery.tables.entry import TableChange, TableEntry, now_ms, stored_fields
from localgcp.services.bigquery.tables.expiry import PartitionExpiry
from localgcp.services.bigquery.tables.names import DatasetName, TableName
from localgcp.services.bigquery.tables.physical import create_physical
from localgcp.services.bigquery.tables.routines import Routines
from localgcp.services.bigquery.tables.transactions import Transaction, current
from localgcp.services.bigquery.tables.writer_locks import WriterLocks
from localgcp.services.bigquery.types.schema import Field, check_names

# The ids of the hidden datasets that hold the temporary tables of scripts start with this.
SCRIPT_PREFIX = "_script"


class Catalog:
    """All datasets, tables and routines of one server.

    Attributes:
        datasets: the datasets.
        routines: the stored functions and procedures.
        commits: the notes by which the next server finishes what a killed server had begun.
        mutations: how often rows of a table were changed or removed; transactions find conflicts by it.
        claims: the transaction that is about to change rows of a table.
        streamed_ms: when rows were last streamed into a table. BigQuery caches no result while a table has a streaming
            buffer.
    """

    def __init__(self, context: Context, engine: Engine) -> None:
        """Load the state, and drop the DuckDB tables that belong to no table or to a script of an earlier server."""
        self._engine = engine
        self._lock = context.state.lock
        self.mutations: Counter[TableName] = Counter()
        self.claims: dict[TableName, Transaction] = {}
        self.streamed_ms: dict[TableName, int] = {}
        self._stored = context.state.collection("bigquery.tables")
        self.routines = Routines(context)
        physical = {name: str((self._stored.get(name) or {}).get("physical")) for name in self._stored.names()}
        self._tables = self._stored.records(TableEntry.from_stored)
        # The rows of tables whose records cannot be read are kept, for a server that can read them.
        owned = {physical[name] for name in physical.keys() - self._tables.keys()}
        self.commits = Commits(context, engine)
        self.datasets = Datasets(context, self.commits)
        self._catch_up()
        self._remove_script_datasets()
        self._writers = WriterLocks()
        self._expiry = PartitionExpiry(engine, self._writers, self.touch)
        owned |= {entry.physical for entry in self._tables.values()}
        for orphan in set(engine.tables()) - owned - {NOTES}:
            engine.retire(orphan)

    def _catch_up(self) -> None:
        """Update the entries of tables that a killed server had committed to DuckDB but not yet to the state."""
        known = {entry.physical: entry for entry in self._tables.values()}
        with self._lock:
            for job, entry, statistics in self.commits.noted_changes():
                stored = known.get(entry.physical)
                if stored is not None and stored.version < entry.version:
                    with on_behalf_of(job):
                        self._put(entry, statistics)
        self.commits.clear()

    def _remove_script_datasets(self) -> None:
        for name in self.datasets.hidden(SCRIPT_PREFIX):
            self.datasets.remove(DatasetName(*name.rsplit(":", 1)))
            for table in [key for key in self._tables if key.startswith(f"{name}.")]:
                self._stored.delete(table)
                del self._tables[table]

    def delete_dataset(self, name: DatasetName, *, with_contents: bool) -> None:
        """Remove a dataset.

        Raises:
            ApiError: 404, or 400 if it has tables and `with_contents` is False.
        """
        with self._lock:
            self.datasets.get(name)
            tables = self.tables(name)
            if tables and not with_contents:
                raise invalid_argument(f"Dataset {name} is still in use", "resourceInUse")
            for entry in tables:
                self.delete(entry.name)
            self.datasets.remove(name)
            self.routines.delete_all(name)
            self.commits.note_job(None)

    def find(self, name: TableName) -> TableEntry | None:
        """Return a table or view as the current transaction sees it, or None if it is missing or has expired."""
        work = current()
        return self.committed(name) if work is None else work.find(name)

    def committed(self, name: TableName) -> TableEntry | None:
        """Return a table or view as committed, or None if it is missing or has expired."""
        entry = self._tables.get(str(name))
        # No job did what expiry does: nothing may be noted for the job that looks at the table.
        with on_behalf_of(""):
            if entry is not None and entry.is_expired:
                self.delete(name)
                return None
            return self._expiry.without_expired(entry) if entry is not None else None

    def get(self, name: TableName) -> TableEntry:
        """Return a table or view.

        Raises:
            ApiError: 404 for the dataset or the table.
        """
        self.datasets.get(name.parent)
        entry = self.find(name)
        if entry is None:
            raise name.missing()
        return entry

    def tables(self, name: DatasetName) -> list[TableEntry]:
        """Return a dataset's tables and views in order of their names."""
        prefix = f"{name}."
        with self._lock:
            found = [entry for key, entry in self._tables.items() if key.startswith(prefix) and not entry.is_expired]
        with on_behalf_of(""):
            found = [self._expiry.without_expired(entry) for entry in found]
        return sorted(found, key=lambda entry: entry.name)

    def begin(self) -> Transaction:
        """Begin a transaction."""
        with self._lock:
            return Transaction(self, self._engine)

    def entries(self) -> dict[str, TableEntry]:
        """Return all tables and views as they are now."""
        with self._lock:
            return dict(self._tables)

    @contextmanager
    def writing(self, name: TableName, *, appends: bool = False) -> Iterator[None]:
        """Let only one writer at a time change a table.

        Args:
            appends: rows are only added, which conflicts with no transaction.
        """
        with self._writers.lock_of(name):
            if (work := current()) is not None:
                work.claim(name, appends=appends)
            yield
            if work is None and not appends:
                self.mutations[name] += 1

    def hold(self, names: Sequence[TableName]) -> ExitStack:
        """Take the locks of the writers of some tables, and return them held."""
        return self._writers.hold(names)

    def apply(self, changes: Mapping[TableName, TableEntry | None]) -> None:
        """Replace, create and remove tables in one step, which a kill of the server cannot split.

        Args:
            changes: the new entries by name; None removes the table.
        """
        replaced = []
        with self._lock:
            for name, entry in changes.items():
                replaced.append((self._tables.pop(str(name), None), entry))
                if entry is None:
                    self._stored.delete(str(name))
                    self.commits.note_job(None)
                else:
                    self._put(entry)
                self.mutations[name] += 1
        for old, new in replaced:
            if old is not None and old.physical and (new is None or new.physical != old.physical):
                self._retire(old.physical)

    def create(
        self,
        name: TableName,
        fields: Sequence[Field],
        settings: dict[str, Any],
        *,
        view: dict[str, Any] | None = None,
        physical: str = "",
        replaces: bool = False,
    ) -> TableEntry:
        """Create a table or a view.

        Args:
            settings: clustering, partitioning, labels and so on, as the REST API names them.
            view: the `ViewDefinition` of a view.
            physical: a DuckDB table that already holds the rows; empty creates a table without rows.
            replaces: a table or view of the same name is removed first.

        Raises:
            ApiError: 404 for the dataset, 409 if the table exists, 400 for the settings or the name of a field.
        """
        with self._lock:
            dataset = self.datasets.get(name.parent)
            if replaces:
                self.delete(name)
            if (old := self.find(name)) is not None:
                raise already_exists(f"Already Exists: {'View' if old.view else 'Table'} {name}")
            check_names(fields)
            if view is None:
                check_settings(settings, fields)
            if not physical and view is None:
                physical = create_physical(self._engine, stored_fields(fields, settings))
            made = now_ms()
            return self._put(
                TableEntry(
                    name=name,
                    fields=tuple(fields),
                    settings=with_defaults(settings, fields, dataset, made),
                    physical=physical,
                    view=view,
                    created_ms=made,
                    modified_ms=made,
                    version=1,
                    location=dataset["location"],
                )
            )

    @contextmanager
    def changing(self, entry: TableEntry, cursor: Cursor) -> Iterator[TableChange]:
        """Change the rows or columns of a table and its entry in one step, which a kill of the server cannot split.

        Yields:
            The change; what the block puts into its `changes` and `statistics` becomes part of the entry and the job.
        """
        change = TableChange(entry, {"version": entry.version + 1})
        cursor.execute("BEGIN")
        try:
            yield change
            changed = change.result()
            self.commits.note_rows(changed, change.statistics, cursor, is_whole=current() is None)
            cursor.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.TransactionException):  # a commit that fails has rolled back already
                cursor.execute("ROLLBACK")
            raise
        self._replace(entry, changed, change.statistics)

    def replace(self, entry: TableEntry, **changes: Any) -> TableEntry:
        """Store an entry with changes, and drop the physical table that it no longer names."""
        return self._replace(entry, TableChange(entry, changes).result())

    def _replace(self, entry: TableEntry, changed: TableEntry, statistics: dict[str, Any] | None = None) -> TableEntry:
        with self._lock:
            if (work := current()) is not None:
                work.put(changed, entry)
                return changed
            self._put(changed, statistics)
        if entry.physical and entry.physical != changed.physical:
            self._retire(entry.physical)
        return changed

    def touch(self, entry: TableEntry) -> TableEntry:
        """Store a table with the next version, because its rows have changed; return the new entry."""
        return self.replace(entry, version=entry.version + 1)

    def rename(self, entry: TableEntry, name: TableName) -> TableEntry:
        """Give a table another name in its dataset."""
        with self._lock:
            self._tables.pop(str(entry.name))
            self._stored.delete(str(entry.name))
            return self._put(TableChange(entry, {"name": name}).result())

    def delete(self, name: TableName) -> None:
        """Remove a table or view, if it is there."""
        if (work := current()) is not None:
            work.delete(name)
            return
        with self._lock:
            entry = self._tables.pop(str(name), None)
            self._stored.delete(str(name))
            self.commits.note_job(None)
        if entry is not None and entry.physical:
            self._retire(entry.physical)

    def _retire(self, physical: str) -> None:
        # Only once the state on disk no longer names it: a server killed in between would miss the rows.
        self._lock.afterwards(lambda: self._engine.retire(physical))

    def _put(self, entry: TableEntry, statistics: dict[str, Any] | None = None) -> TableEntry:
        if (work := current()) is not None:
            work.put(entry)
            return entry
        with self._lock:
            self._stored.put(str(entry.name), entry.to_json())
            self.commits.note_job(entry, statistics)
        self._tables[str(entry.name)] = entry
        return entry
