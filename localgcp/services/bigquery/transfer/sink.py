"""Writes rows into tables: dispositions, schema updates, partitions; a write becomes visible as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from localgcp.core.conventions.errors import already_exists, invalid_argument, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.services.bigquery.engine import Cursor, Engine, new_physical_name
from localgcp.services.bigquery.errors.query import invalid_query, statement_error
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.checks import check_change, check_settings, names_partitioning
from localgcp.services.bigquery.tables.commits import on_behalf_of
from localgcp.services.bigquery.tables.entry import TableEntry, stored_fields
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.partitioning import (
    TIME_FIELD,
    Partitioning,
    not_partitioned,
    partitioning_of,
)
from localgcp.services.bigquery.tables.schema_updates import SchemaUpdates, alter_physical, schema_after
from localgcp.services.bigquery.types.constraints import stored_query
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, check_names, columns_ddl, quote

# The most partitions that one job may write.
_MOST_PARTITIONS = 4_000
_DISPOSITIONS = ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA", "WRITE_APPEND", "WRITE_EMPTY")
_TRUNCATES = ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA")
# The unit of a partition decorator that creates its table, by the length of the decorator.
_UNITS = {10: "HOUR", 8: "DAY", 6: "MONTH", 4: "YEAR"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The table that rows are written to, and how.

    Attributes:
        name: the table.
        create: the create disposition: `CREATE_IF_NEEDED` or `CREATE_NEVER`.
        write: the write disposition: `WRITE_TRUNCATE`, `WRITE_TRUNCATE_DATA` (which keeps the schema), `WRITE_APPEND`
            or `WRITE_EMPTY`.
        settings: clustering, partitioning, description and so on of a table that is created.
        may_add_fields: whether an append may add columns.
        replaces_settings: whether an existing table loses its settings (CREATE OR REPLACE).
        partition: the only partition that is written, or empty.
        may_relax_fields: whether an append may make REQUIRED columns NULLABLE.
        checks_modes: whether NULLABLE columns are refused for REQUIRED ones before any row is read.
        keeps_times: whether the rows have a last column with the times of their partitions.
    """

    name: TableName
    create: str = "CREATE_IF_NEEDED"
    write: str = "WRITE_EMPTY"
    settings: dict[str, Any] = field(default_factory=dict)
    may_add_fields: bool = False
    replaces_settings: bool = False
    partition: str = ""
    may_relax_fields: bool = False
    checks_modes: bool = False
    keeps_times: bool = False

    @property
    def label(self) -> str:
        """The table, with its partition if there is one, as messages name it."""
        return f"{self.name}${self.partition}" if self.partition else str(self.name)

    @property
    def updates(self) -> SchemaUpdates:
        """The schema updates that are allowed."""
        return SchemaUpdates(
            may_add=self.may_add_fields, may_relax=self.may_relax_fields, checks_modes=self.checks_modes
        )


class Sink:
    """Writes the rows of DuckDB queries into tables."""

    def __init__(self, catalog: Catalog, engine: Engine) -> None:
        self._catalog = catalog
        self._engine = engine

    def write(self, target: Target, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
        """Write the rows of a query and return their number.

        Args:
            target: where the rows go.
            fields: the columns of the rows.
            select: the DuckDB query for the rows, with these columns.
            cursor: runs the query.

        Raises:
            ApiError: 404 or 409 because of a disposition, 400 for a schema that does not fit or an invalid field name.
            duckdb.Error: the query fails; the table is unchanged then.
        """
        with self._catalog.writing(target.name, appends=target.write not in _TRUNCATES):
            self._catalog.datasets.get(target.name.parent)
            entry = self._catalog.find(target.name)
            self.check(target, entry)
            check_names(fields, entry.fields if entry is not None else ())
            if entry is not None and entry.view is not None:
                raise invalid_argument(f"{target.name} is a view, and rows cannot be written to it. Name a table.")
            if entry is not None and not target.replaces_settings and names_partitioning(target.settings):
                check_change(entry.settings, target.settings)
            if target.partition:
                return self._write_partition(target, entry, fields, select, cursor)
            if entry is not None and entry.fields and target.write == "WRITE_TRUNCATE_DATA":
                return self._replace_rows(target, entry, _declared(entry, fields), select, cursor)
            if entry is not None and entry.fields and target.write != "WRITE_TRUNCATE":
                return self._append(target, entry, _declared(entry, fields), select, cursor)
            return self._replace(target, entry, fields, select, cursor)

    def check(self, target: Target, entry: TableEntry | None) -> None:
        """Refuse a write that the dispositions do not allow.

        Raises:
            ApiError: 404 or 409 because of a disposition, 400 for an unknown one.
        """
        if target.write not in _DISPOSITIONS:
            raise invalid_argument(f"Invalid value for writeDisposition: {target.write} is not a valid value")
        if entry is None and target.create == "CREATE_NEVER":
            raise target.name.missing()
        if entry is not None and target.write == "WRITE_EMPTY" and self._has_rows(entry, target.partition):
            raise already_exists(f"Already Exists: Table {target.label}")

    def _has_rows(self, entry: TableEntry, partition: str) -> bool:
        if not entry.physical:
            return True
        where = f" WHERE {in_partition(entry, partition)}" if partition else ""
        with self._engine.reading() as cursor:
            return cursor.execute(f"SELECT 1 FROM {quote(entry.physical)}{where} LIMIT 1").fetchone() is not None

    def _replace(
        self, target: Target, entry: TableEntry | None, fields: Sequence[Field], select: str, cursor: Cursor
    ) -> int:
        settings = target.settings
        if entry is not None and not target.replaces_settings:
            settings = {**entry.settings, **target.settings}
        check_settings(settings, fields)
        partitioning = partitioning_of(settings, tuple(fields))
        written = _with_time(target, partitioning, fields, select)
        physical, rows = self._new_table(stored_fields(fields, settings), written, partitioning, cursor)
        if entry is None:
            self._catalog.create(target.name, fields, settings, physical=physical)
        else:
            self._catalog.replace(
                entry, fields=tuple(fields), physical=physical, settings=settings, version=entry.version + 1
            )
        return rows

    def _replace_rows(
        self, target: Target, entry: TableEntry, fields: Sequence[Field], select: str, cursor: Cursor
    ) -> int:
        """Replace the rows of a table, but not its schema and settings."""
        fields_after = schema_after(target.name, entry.fields, fields, target.updates)
        columns = stored_fields(fields_after, entry.settings)
        written = _with_time(target, entry.partitioning, fields, select)
        physical, rows = self._new_table(columns, written, entry.partitioning, cursor)
        self._catalog.replace(entry, fields=fields_after, physical=physical, version=entry.version + 1)
        return rows

    def _new_table(
        self,
        columns: Sequence[Field],
        written: tuple[Sequence[Field], str],
        partitioning: Partitioning | None,
        cursor: Cursor,
    ) -> tuple[str, int]:
        """Create a physical table with rows, and return its name and the number of rows."""
        physical = new_physical_name()
        cursor.execute(f"CREATE TABLE {quote(physical)} ({columns_ddl(columns)})")
        try:
            rows = _insert(physical, *written, cursor)
            _check_count(physical, partitioning, cursor)
        except BaseException:
            self._engine.retire(physical)
            raise
        return physical, rows

    def _append(self, target: Target, entry: TableEntry, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
        with self._catalog.changing(entry, cursor) as changing:
            changing.changes["fields"] = self._updated(target, entry, fields, cursor)
            return _insert(entry.physical, *_with_time(target, entry.partitioning, fields, select), cursor)

    @staticmethod
    def _updated(target: Target, entry: TableEntry, fields: Sequence[Field], cursor: Cursor) -> tuple[Field, ...]:
        """Update the physical table for the fields of the rows, and return the schema afterwards."""
        fields_after = schema_after(target.name, entry.fields, fields, target.updates)
        alter_physical(entry.physical, entry.fields, fields_after, cursor)
        return fields_after

    def _write_partition(
        self, target: Target, entry: TableEntry | None, fields: Sequence[Field], select: str, cursor: Cursor
    ) -> int:
        if entry is None:
            settings = {**target.settings}
            if not names_partitioning(settings):
                settings["timePartitioning"] = {"type": _UNITS.get(len(target.partition), "DAY")}
            with on_behalf_of(""):  # this is not the whole work of the job: the rows follow
                entry = self._catalog.create(target.name, fields, settings)
        where = in_partition(entry, target.partition)
        with self._catalog.changing(entry, cursor) as changing:
            if target.write in _TRUNCATES:
                cursor.execute(f"DELETE FROM {quote(entry.physical)} WHERE {where}")
            count = f"SELECT COUNT(*) FROM {quote(entry.physical)} WHERE {where}"
            before = cursor.execute(count).fetchone()[0]
            changing.changes["fields"] = self._updated(target, entry, fields, cursor)
            rows = _insert(entry.physical, *_with_time(target, entry.partitioning, fields, select), cursor)
            if cursor.execute(count).fetchone()[0] != before + rows:
                raise invalid_argument(
                    f"Some rows belong to different partitions rather than destination partition {target.label}"
                )
        return rows

    def delete_partition(self, name: TableName, partition: str) -> None:
        """Remove the rows of one partition.

        Raises:
            ApiError: 404 for the table or a partition without rows, 400 if the table has no partitions.
        """
        with self._catalog.writing(name), self._engine.reading() as cursor:
            entry = self._catalog.get(name)
            where = in_partition(entry, partition)
            with self._catalog.changing(entry, cursor):
                if not int(cursor.execute(f"DELETE FROM {quote(entry.physical)} WHERE {where}").fetchone()[0]):
                    raise not_found(f"Not found: Table {name}${partition}")


def in_partition(entry: TableEntry, partition: str) -> str:
    """Return the DuckDB condition for the rows of a partition.

    Raises:
        ApiError: 400 for a name that no partition of the table can have, or a table without partitions.
    """
    partitioning = entry.partitioning
    if partitioning is None:
        raise not_partitioned(entry.name)
    partitioning.check(partition)
    return f"({partitioning.id_sql()}) = {literal(partition)}"


def _with_time(
    target: Target, partitioning: Partitioning | None, fields: Sequence[Field], select: str
) -> tuple[Sequence[Field], str]:
    """Return the columns to write and the query for them, with `_PARTITIONTIME` if the table needs it."""
    if partitioning is None or not partitioning.is_ingestion_time:
        return fields, select
    if target.keeps_times and not target.partition:
        return (*fields, TIME_FIELD), select
    partition = target.partition or partitioning.id_at(CLOCK.utc())
    names = ", ".join(quote(field.name) for field in fields)
    return (*fields, TIME_FIELD), f"SELECT {names}, {partitioning.literal(partition)} FROM ({select}) AS written"


def _check_count(physical: str, partitioning: Partitioning | None, cursor: Cursor) -> None:
    if partitioning is None:
        return
    count = cursor.execute(f"SELECT COUNT(DISTINCT {partitioning.id_sql()}) FROM {quote(physical)}").fetchone()[0]
    if count > _MOST_PARTITIONS:
        raise invalid_query(
            f"Too many partitions produced by query, allowed {_MOST_PARTITIONS}, "
            f"query produces at least {count} partitions"
        )


def _declared(entry: TableEntry, fields: Sequence[Field]) -> list[Field]:
    """Return the columns of rows with the lengths and precisions of the table's columns."""
    known = {item.name.lower(): item for item in entry.fields}
    found = []
    for item in fields:
        old = known.get(item.name.lower())
        is_same = old is not None and old.duckdb_type == item.duckdb_type
        found.append(replace(old, name=item.name, mode=item.mode) if old is not None and is_same else item)
    return found


def _insert(physical: str, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
    names = ", ".join(quote(item.name) for item in fields)
    try:
        row = cursor.execute(f"INSERT INTO {quote(physical)} ({names}) {stored_query(fields, select)}").fetchone()
    except duckdb.ConstraintException as error:
        raise statement_error(error) from error
    return int(row[0])
