"""tabledata.insertAll: JSON rows appended at once."""

from collections.abc import Sequence
from typing import Any

import duckdb

from localgcp.bigquery.engine import Cursor, message_of
from localgcp.bigquery.formats.arrow_rows import ArrowRows, batches_of
from localgcp.bigquery.formats.json_cells import BadValue, UnknownField, row_decoder
from localgcp.bigquery.tables.entry import TableEntry
from localgcp.bigquery.types.constraints import stored_query
from localgcp.bigquery.types.schema import quote
from localgcp.clock import CLOCK
from localgcp.errors import invalid_argument

_REMEMBERED_NS = 60_000_000_000
_TIMESTAMP_FORMAT = "YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]"


class InsertIds:
    """The `insertId`s of the last minute, by table: a row that comes again with the same one is left out."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, str], int] = {}

    def fresh(self, entry: TableEntry, rows: Sequence[dict[str, Any]]) -> list[bool]:
        """Return for each row whether it has not come yet."""
        oldest = CLOCK.time_ns() - _REMEMBERED_NS
        self._seen = {key: seen for key, seen in self._seen.items() if seen > oldest}
        found = []
        within: set[str] = set()
        for row in rows:
            insert_id = row.get("insertId") or ""
            found.append(not insert_id or (insert_id not in within and _key(entry, insert_id) not in self._seen))
            within.add(insert_id)
        return found

    def remember(self, entry: TableEntry, rows: Sequence[dict[str, Any]]) -> None:
        """Note rows that have been inserted."""
        now = CLOCK.time_ns()
        self._seen |= {_key(entry, row["insertId"]): now for row in rows if row.get("insertId")}


def _key(entry: TableEntry, insert_id: str) -> tuple[str, int, str]:
    return str(entry.name), entry.created_ms, insert_id


def insert_rows(
    entry: TableEntry,
    rows: Sequence[dict[str, Any]],
    cursor: Cursor,
    *,
    seen: InsertIds,
    skip_invalid: bool,
    ignore_unknown: bool,
    partition: str = "",
) -> list[dict[str, Any]]:
    """Append the rows that are right and return the `insertErrors`.

    Args:
        seen: the ids of rows that are there already.
        partition: the partition by ingestion time that they go to; by default that of now.

    Without `skip_invalid` one wrong row keeps all of them out, as in BigQuery.
    """
    decode = row_decoder(entry.fields, ignore_unknown=ignore_unknown, json_is_text=True)
    errors: dict[int, dict[str, Any]] = {}
    values: list[list[Any]] = []
    taken: list[dict[str, Any]] = []
    for index, (row, is_fresh) in enumerate(zip(rows, seen.fresh(entry, rows), strict=True)):
        try:
            cells = decode(row.get("json") or {})
        except BadValue as error:
            errors[index] = _error(error)
            continue
        if is_fresh:
            values.append(cells)
            taken.append(row)
    if values and (skip_invalid or not errors):
        names = ", ".join(quote(field.name) for field in entry.stored_fields)
        select = stored_query(entry.fields, ArrowRows(entry.fields, batches_of(entry.fields, values)).select(cursor))
        # One statement: a killed server leaves all of the rows or none.
        time = _time(entry, partition)
        try:
            cursor.execute(f"INSERT INTO {quote(entry.physical)} ({names}) SELECT *{time} FROM ({select}) AS rows")
        except duckdb.Error as error:
            refused = _refused(entry, values, cursor) or {0: message_of(error)}
            places = {id(row): index for index, row in enumerate(rows)}
            errors |= {places[id(taken[at])]: _problem(message) for at, message in refused.items()}
            taken = [row for at, row in enumerate(taken) if at not in refused]
            if skip_invalid and taken:
                insert_rows(
                    entry,
                    taken,
                    cursor,
                    seen=seen,
                    skip_invalid=True,
                    ignore_unknown=ignore_unknown,
                    partition=partition,
                )
        else:
            seen.remember(entry, taken)
    if errors and not skip_invalid:
        stopped = {"reason": "stopped", "location": "", "debugInfo": "", "message": ""}
        return [{"index": index, "errors": [errors.get(index, stopped)]} for index in range(len(rows))]
    return [{"index": index, "errors": [error]} for index, error in sorted(errors.items())]


def _refused(entry: TableEntry, values: Sequence[list[Any]], cursor: Cursor) -> dict[int, str]:
    """Return what the columns have against each row: its values are too long, or too precise."""
    found = {}
    for position, cells in enumerate(values):
        rows = ArrowRows(entry.fields, batches_of(entry.fields, [cells]))
        try:
            cursor.execute(stored_query(entry.fields, rows.select(cursor))).fetchall()
        except duckdb.Error as error:
            found[position] = message_of(error)
    return found


def _problem(message: str) -> dict[str, Any]:
    return {"reason": "invalid", "location": "", "debugInfo": "", "message": message}


def _time(entry: TableEntry, partition: str) -> str:
    partitioning = entry.partitioning
    if partition and (partitioning is None or not partitioning.is_ingestion_time):
        raise invalid_argument(f"Rows can be streamed to a partition of {entry.name} only by ingestion time.")
    if partitioning is None or not partitioning.is_ingestion_time:
        return ""
    if partition:
        partitioning.check(partition)
    return f", {partitioning.literal(partition or partitioning.id_at(CLOCK.utc()))}"


def _error(error: BadValue) -> dict[str, Any]:
    message = error.text
    if isinstance(error, UnknownField):
        message = f"no such field: {error.path}."
    elif error.noun == "timestamp":
        message = f"Could not parse '{error.value}' as a timestamp. Required format is {_TIMESTAMP_FORMAT}"
    elif error.noun:
        message = f"Cannot convert value to {error.noun} (bad value): {error.value}"
    return {"reason": "invalid", "location": error.path.lower(), "debugInfo": "", "message": message}
