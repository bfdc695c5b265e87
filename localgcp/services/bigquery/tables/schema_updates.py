"""Schema updates by appended rows: which are allowed, and how the physical table follows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field, quote


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaUpdates:
    """Which schema updates are allowed.

    Attributes:
        may_add: new fields are added, also to RECORDs.
        may_relax: a REQUIRED field may become NULLABLE.
        checks_modes: a NULLABLE field is refused for a REQUIRED column before any row is read.
    """

    may_add: bool = False
    may_relax: bool = False
    checks_modes: bool = False


def schema_after(
    name: TableName, old: Sequence[Field], new: Sequence[Field], updates: SchemaUpdates
) -> tuple[Field, ...]:
    """Return the schema of a table after rows are appended.

    Args:
        name: the table, for messages.
        old: the fields of the table.
        new: the fields of the rows.
        updates: which updates are allowed.

    Raises:
        ApiError: 400 for an update that is not allowed, in Google's words.
    """
    return tuple(_merged(name, old, new, updates, ""))


def _merged(
    name: TableName, old: Sequence[Field], new: Sequence[Field], updates: SchemaUpdates, prefix: str
) -> Iterator[Field]:
    given = {field.name.lower(): field for field in new}
    for field in old:
        path = f"{prefix}{field.name}"
        item = given.pop(field.name.lower(), None)
        if item is not None:
            yield _same(name, field, item, updates, path)
        elif field.mode == "REQUIRED" and not prefix and updates.may_relax:
            yield replace(field, mode="NULLABLE")
        elif field.mode == "REQUIRED" and not prefix and updates.checks_modes:
            raise _mismatch(name, f"Field {path} is missing in new schema")
        else:
            yield field
    for field in given.values():
        if not updates.may_add:
            raise _mismatch(name, f"Cannot add fields (field: {prefix}{field.name})")
        if field.mode == "REQUIRED" and updates.checks_modes:
            raise _mismatch(name, f"Cannot add required fields to an existing schema. (field: {prefix}{field.name})")
        yield replace(field, mode="NULLABLE") if field.mode == "REQUIRED" else field


def _same(name: TableName, old: Field, new: Field, updates: SchemaUpdates, path: str) -> Field:
    if old.type != new.type:
        raise _mismatch(name, f"Field {path} has changed type from {old.type} to {new.type}")
    if old.mode != new.mode:
        is_loosened = (old.mode, new.mode) == ("REQUIRED", "NULLABLE")
        is_relaxed = is_loosened and updates.may_relax
        if "REPEATED" in (old.mode, new.mode) or (is_loosened and updates.checks_modes and not updates.may_relax):
            raise _mismatch(name, f"Field {path} has changed mode from {old.mode} to {new.mode}")
        old = replace(old, mode="NULLABLE") if is_relaxed else old
    if old.type == "RECORD":
        return replace(old, fields=tuple(_merged(name, old.fields, new.fields, updates, f"{path}.")))
    return old


def _mismatch(name: TableName, reason: str) -> ApiError:
    return invalid_argument(f"Provided Schema does not match Table {name}. {reason}")


def alter_physical(physical: str, old: Sequence[Field], new: Sequence[Field], cursor: Cursor) -> None:
    """Alter a physical table from the fields `old` to the fields `new`."""
    known = {field.name.lower(): field for field in old}
    table = f"ALTER TABLE {quote(physical)}"
    for field in new:
        before = known.get(field.name.lower())
        column = quote(field.name)
        if before is None:
            # A load that failed after this step may have left the column behind.
            cursor.execute(f"{table} DROP COLUMN IF EXISTS {column}")
            cursor.execute(f"{table} ADD COLUMN {column} {field.duckdb_type}")
            continue
        if before.duckdb_type != field.duckdb_type:
            cursor.execute(f"{table} ALTER COLUMN {column} SET DATA TYPE {field.duckdb_type}")
        if (before.mode, field.mode) == ("REQUIRED", "NULLABLE"):
            cursor.execute(f"{table} ALTER COLUMN {column} DROP NOT NULL")
