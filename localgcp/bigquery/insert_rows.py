"""tabledata.insertAll: JSON rows appended at once."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb

from localgcp.bigquery.engine import Cursor, message_of
from localgcp.bigquery.schema import Field, quote
from localgcp.bigquery.table_entry import TableEntry
from localgcp.clock import CLOCK
from localgcp.errors import invalid_argument


def insert_rows(
    entry: TableEntry,
    rows: Sequence[dict[str, Any]],
    cursor: Cursor,
    *,
    skip_invalid: bool,
    ignore_unknown: bool,
    partition: str = "",
) -> list[dict[str, Any]]:
    """Append the rows that are right and return the `insertErrors`.

    Args:
        partition: the partition by ingestion time that they go to; by default that of now.

    Without `skip_invalid` one wrong row keeps all of them out, as in BigQuery.
    """
    errors: dict[int, dict[str, Any]] = {}
    values: list[list[Any]] = []
    for index, row in enumerate(rows):
        given = {key.lower(): value for key, value in (row.get("json") or {}).items()}
        known = {field.name.lower() for field in entry.fields}
        unknown = sorted(set(given) - known)
        if unknown and not ignore_unknown:
            errors[index] = _error(unknown[0], f"no such field: {unknown[0]}.")
            continue
        problem = _problem(entry.fields, given, cursor)
        if problem is not None:
            errors[index] = problem
            continue
        values.append([_text(given.get(field.name.lower())) for field in entry.fields])
    if values and (skip_invalid or not errors):
        names = ", ".join(quote(field.name) for field in entry.stored_fields)
        sql = f"INSERT INTO {quote(entry.physical)} ({names}) SELECT {_casts(entry.fields)}{_time(entry, partition)}"
        # Each row would be a transaction of its own, and a killed server would leave some of them.
        cursor.begin()
        try:
            # Each row would be a transaction of its own, and a killed server would leave some of them.
        cursor.begin()
        try:
            cursor.executemany(sql, values)
            cursor.commit()
        except BaseException:
            cursor.rollback()
            raise
            cursor.commit()
        except BaseException:
            cursor.rollback()
            raise
    if errors and not skip_invalid:
        stopped = {"reason": "stopped", "location": "", "debugInfo": "", "message": ""}
        return [{"index": index, "errors": [errors.get(index, stopped)]} for index in range(len(rows))]
    return [{"index": index, "errors": [error]} for index, error in errors.items()]


def _time(entry: TableEntry, partition: str) -> str:
    partitioning = entry.partitioning
    if partition and (partitioning is None or not partitioning.is_ingestion_time):
        raise invalid_argument(f"Rows can be streamed to a partition of {entry.name} only by ingestion time.")
    if partitioning is None or not partitioning.is_ingestion_time:
        return ""
    if partition:
        partitioning.check(partition)
    return f", {partitioning.literal(partition or partitioning.id_at(CLOCK.utc()))}"


def _problem(fields: Sequence[Field], given: dict[str, Any], cursor: Cursor) -> dict[str, Any] | None:
    for field in fields:
        value = given.get(field.name.lower())
        if value is None:
            if field.mode == "REQUIRED":
                return _error(field.name, f"Missing required field: {field.name}.")
            continue
        try:
            cursor.execute(f"SELECT {_cast(field)} IS NULL", [_text(value)]).fetchall()
        except duckdb.Error as error:
            return _error(field.name, f"Cannot convert value to {field.standard_type}: {message_of(error)}")
    return None


def _casts(fields: Sequence[Field]) -> str:
    return ", ".join(_cast(field) for field in fields)


def _cast(field: Field) -> str:
    if field.fields or field.mode == "REPEATED":
        return f"from_json(CAST(? AS JSON), {_json_shape(field)})"
    if field.type == "BYTES":
        return "from_base64(?)"
    return f"CAST(? AS {field.duckdb_type})"


def _json_shape(field: Field) -> str:
    return "'" + json.dumps(_shape(field)).replace("'", "''") + "'"


def _shape(field: Field) -> Any:
    if field.mode == "REPEATED":
        return [_shape(field.element)]
    return {inner.name: _shape(inner) for inner in field.fields} if field.fields else field.duckdb_type


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _error(location: str, message: str) -> dict[str, Any]:
    return {"reason": "invalid", "location": location.lower(), "debugInfo": "", "message": message}
