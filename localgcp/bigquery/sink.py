"""Rows into tables: dispositions, schemas, and how a write becomes visible at once or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.engine import Cursor, Engine, message_of, new_physical_name
from localgcp.bigquery.names import TableName
from localgcp.bigquery.schema import Field, columns_ddl, quote
from localgcp.bigquery.table_entry import TableEntry
from localgcp.errors import already_exists, invalid_argument


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where rows go.

    Attributes:
        create: `CREATE_IF_NEEDED` or `CREATE_NEVER`.
        write: `WRITE_TRUNCATE`, `WRITE_APPEND` or `WRITE_EMPTY`.
        settings: clustering, partitioning, description and the like of a table that is made.
        may_add_fields: an append may add columns.
        replaces_settings: a table that is there keeps none of its settings (CREATE OR REPLACE).
    """

    name: TableName
    create: str = "CREATE_IF_NEEDED"
    write: str = "WRITE_EMPTY"
    settings: dict[str, Any] = field(default_factory=dict)
    may_add_fields: bool = False
    replaces_settings: bool = False


class Sink:
    """Writes the rows of DuckDB queries into tables."""

    def __init__(self, catalog: Catalog, engine: Engine) -> None:
        self._catalog = catalog
        self._engine = engine

    def write(self, target: Target, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
        """Write the rows of a query and return their number.

        Args:
            select: DuckDB SQL whose columns are `fields`.

        Raises:
            ApiError: 404 or 409 by the dispositions, 400 for a schema that does not fit.
            duckdb.Error: the query fails; the table is as it was.
        """
        with self._catalog.writing(target.name, appends=target.write != "WRITE_TRUNCATE"):
            self._catalog.dataset(target.name.parent)
            entry = self._catalog.find(target.name)
            self.check(target, entry)
            if entry is not None and entry.view is not None:
                raise invalid_argument(f"{target.name} is a view, and rows cannot be written to it. Name a table.")
            if entry is not None and entry.fields and target.write != "WRITE_TRUNCATE":
                return self._append(target, entry, fields, select, cursor)
            return self._replace(target, entry, fields, select, cursor)

    def check(self, target: Target, entry: TableEntry | None) -> None:
        """Refuse what the dispositions do not allow.

        Raises:
            ApiError: 404 or 409.
        """
        if entry is None and target.create == "CREATE_NEVER":
            raise target.name.missing()
        if entry is not None and target.write == "WRITE_EMPTY" and self._has_rows(entry):
            raise already_exists(f"Already Exists: Table {target.name}")

    def _has_rows(self, entry: TableEntry) -> bool:
        if not entry.physical:
            return True
        with self._engine.reading() as cursor:
            return cursor.execute(f"SELECT 1 FROM {quote(entry.physical)} LIMIT 1").fetchone() is not None

    def _replace(
        self, target: Target, entry: TableEntry | None, fields: Sequence[Field], select: str, cursor: Cursor
    ) -> int:
        physical = new_physical_name()
        cursor.execute(f"CREATE TABLE {quote(physical)} ({columns_ddl(fields)})")
        try:
            rows = _insert(physical, fields, select, cursor)
        except BaseException:
            self._engine.retire(physical)
            raise
        if entry is None:
            self._catalog.create(target.name, fields, target.settings, physical=physical)
        else:
            settings = target.settings if target.replaces_settings else {**entry.settings, **target.settings}
            self._catalog.replace(
                entry, fields=tuple(fields), physical=physical, settings=settings, version=entry.version + 1
            )
        return rows

    def _append(self, target: Target, entry: TableEntry, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
        known = {existing.name.lower(): existing for existing in entry.fields}
        added = [item for item in fields if item.name.lower() not in known]
        if added and not target.may_add_fields:
            raise _schema_mismatch(target.name, f"Cannot add fields (field: {added[0].name})")
        for item in fields:
            existing = known.get(item.name.lower())
            if existing is not None and existing.duckdb_type != item.duckdb_type:
                change = f"Field {item.name} has changed type from {existing.type} to {item.type}"
                raise _schema_mismatch(target.name, change)
        for item in added:
            cursor.execute(f"ALTER TABLE {quote(entry.physical)} ADD COLUMN {quote(item.name)} {item.duckdb_type}")
        rows = _insert(entry.physical, fields, select, cursor)
        self._catalog.replace(entry, fields=(*entry.fields, *added), version=entry.version + 1)
        return rows


def _schema_mismatch(name: TableName, reason: str) -> Exception:
    return invalid_argument(f"Provided Schema does not match Table {name}. {reason}")


def _insert(physical: str, fields: Sequence[Field], select: str, cursor: Cursor) -> int:
    names = ", ".join(quote(item.name) for item in fields)
    try:
        row = cursor.execute(f"INSERT INTO {quote(physical)} ({names}) {select}").fetchone()
    except duckdb.ConstraintException as error:
        raise invalid_argument(f"A REQUIRED field cannot be NULL: {message_of(error)}") from error
    return int(row[0])
