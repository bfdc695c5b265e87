"""`tables.insert`, `patch` and `update`: tables and views created from `Table` resources, and changed by them."""

from collections.abc import Callable, Sequence
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.engine import Cursor, Engine
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.checks import check_change, check_settings, keeps_partitioning
from localgcp.services.bigquery.tables.entry import TableEntry, changed_settings, stored_fields, table_settings
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field, parse_fields, quote

# Takes the name of a view and its `ViewDefinition`, and returns its columns.
FieldsOfView = Callable[[TableName, dict[str, Any]], tuple[Field, ...]]


class Definitions:
    """Creates and changes the tables and views of a catalog."""

    def __init__(self, catalog: Catalog, engine: Engine, fields_of_view: FieldsOfView) -> None:
        self._catalog = catalog
        self._engine = engine
        self._fields_of_view = fields_of_view

    def create(self, name: TableName, body: dict[str, Any]) -> TableEntry:
        """Create a table or view from a `Table` resource.

        Raises:
            ApiError: 400 for the schema or the view's query, 404 for the dataset, 409 if the table exists.
        """
        fields = parse_fields((body.get("schema") or {}).get("fields", ()))
        view = body.get("view")
        if view is not None:
            fields = self._fields_of_view(name, view)
        return self._catalog.create(name, fields, table_settings(body), view=view)

    def change(self, name: TableName, body: dict[str, Any], *, replace_all: bool) -> TableEntry:
        """Patch a table or view, or replace all of its settings.

        Raises:
            ApiError: 404 for the table, 400 for a schema that does more than add columns, or a view for a table.
        """
        with self._catalog.writing(name):
            entry = self._catalog.get(name)
            settings = keeps_partitioning(
                entry.settings, changed_settings(entry.settings, body, replace_all=replace_all)
            )
            changes: dict[str, Any] = {"settings": settings}
            if body.get("view") is not None:
                if entry.view is None:
                    raise invalid_argument(f"{name} is a table, which cannot become a view. Delete the table first.")
                changes |= {"view": body["view"], "fields": self._fields_of_view(name, body["view"])}
            elif body.get("schema") is not None:
                changes["fields"] = _with_new_fields(entry, parse_fields(body["schema"].get("fields", ())))
            if entry.view is None:
                check_settings(settings, changes.get("fields", entry.fields))
                check_change(entry.settings, settings)
            if changes.get("fields", entry.fields) == entry.fields or entry.view is not None:
                return self._catalog.replace(entry, **changes)
            with self._engine.reading() as cursor, self._catalog.changing(entry, cursor) as changing:
                changing.changes |= changes
                _add_columns(entry, changes["fields"], cursor)
            return self._catalog.get(name)


def _with_new_fields(entry: TableEntry, fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the new fields of a table, which must have all old fields with their types."""
    kept = {field.name.lower(): field for field in fields}
    for old in entry.fields:
        new = kept.get(old.name.lower())
        if new is None:
            raise invalid_argument(
                f"Provided Schema does not match Table {entry.name}. Field {old.name} is missing in new schema"
            )
        if new.duckdb_type != old.duckdb_type:
            raise invalid_argument(
                f"Provided Schema does not match Table {entry.name}. "
                f"Field {old.name} has changed type from {old.type} to {new.type}"
            )
    return tuple(fields)


def _add_columns(entry: TableEntry, fields: Sequence[Field], cursor: Cursor) -> None:
    known = {old.name.lower() for old in entry.fields}
    if not known:
        cursor.execute(f"DROP TABLE {quote(entry.physical)}")
        columns = ", ".join(
            f"{quote(field.name)} {field.duckdb_type}" for field in stored_fields(fields, entry.settings)
        )
        cursor.execute(f"CREATE TABLE {quote(entry.physical)} ({columns})")
        return
    for field in fields:
        if field.name.lower() not in known:
            cursor.execute(f"ALTER TABLE {quote(entry.physical)} ADD COLUMN {quote(field.name)} {field.duckdb_type}")
