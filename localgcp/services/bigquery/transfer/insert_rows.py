"""`tabledata.insertAll`: checks JSON rows and appends them in one statement."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.state.clock import CLOCK
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.formats.arrow_rows import ArrowRows, batches_of
from localgcp.services.bigquery.formats.json_cells import BadValue, UnknownField, row_decoder
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.types.constraints import stored_query
from localgcp.services.bigquery.types.schema import quote

_REMEMBERED_NS = 60_000_000_000
_TIMESTAMP_FORMAT = "YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]"
_STOPPED = {"reason": "stopped", "location": "", "debugInfo": "", "message": ""}


class InsertIds:
    """The `insertId`s of the last minute, by table: a second row with the same id is not inserted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Oldest first.
        self._seen: OrderedDict[tuple[str, int, str], int] = OrderedDict()

    def are_new(self, entry: TableEntry, ids: Sequence[str]) -> list[bool]:
        """Return for each id whether it is new: not inserted before, and not earlier in `ids`. An empty id is new.

        The caller holds the lock of the table until it has called `add`.
        """
        found = []
        within: set[str] = set()
        with self._lock:
            self._remove_old()
            for each in ids:
                found.append(not each or (each not in within and _key(entry, each) not in self._seen))
                within.add(each)
        return found

    def add(self, entry: TableEntry, ids: Sequence[str]) -> None:
        """Store the ids of rows that were inserted."""
        now = CLOCK.time_ns()
        with self._lock:
            self._seen.update((_key(entry, each), now) for each in ids if each)

    def _remove_old(self) -> None:
        oldest = CLOCK.time_ns() - _REMEMBERED_NS
        while self._seen and next(iter(self._seen.values())) <= oldest:
            self._seen.popitem(last=False)


def _key(entry: TableEntry, insert_id: str) -> tuple[str, int, str]:
    return str(entry.name), entry.created_ms, insert_id


@dataclass(frozen=True, slots=True)
class _Row:
    """A valid row: its index in the request, its `insertId`, and its cells."""

    index: int
    insert_id: str
    cells: list[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowInsert:
    """One call of insertAll.

    Attributes:
        entry: the table.
        cursor: writes the rows.
        seen: the ids of rows that were inserted before.
        skips_invalid: insert the valid rows; otherwise one invalid row keeps all rows out.
        ignores_unknown: leave out values without a column; otherwise they make a row invalid.
        partition: the partition by ingestion time that the rows go to; empty means the current one.
    """

    entry: TableEntry
    cursor: Cursor
    seen: InsertIds
    skips_invalid: bool
    ignores_unknown: bool
    partition: str = ""

    def run(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Append the valid rows and return the `insertErrors`.

        Args:
            rows: each with `json`, and an optional `insertId`.

        Raises:
            ApiError: 400 for a view, or a partition that the table cannot have.
        """
        if self.entry.view is not None:
            raise invalid_argument(f"{self.entry.name} is a view, and rows cannot be inserted into it. Name a table.")
        fitting, errors = self._decoded(rows)
        if fitting and (self.skips_invalid or not errors):
            errors |= self._write(fitting)
        if errors and not self.skips_invalid:
            errors = {index: errors.get(index, _STOPPED) for index in range(len(rows))}
        return [{"index": index, "errors": [error]} for index, error in sorted(errors.items())]

    def _decoded(self, rows: Sequence[dict[str, Any]]) -> tuple[list[_Row], dict[int, dict[str, Any]]]:
        """Return the valid rows, and the errors of rows with values of other types."""
        decode = row_decoder(self.entry.fields, ignore_unknown=self.ignores_unknown, json_is_text=True)
        ids = [row.get("insertId") or "" for row in rows]
        fitting: list[_Row] = []
        errors = {}
        for index, (row, is_new) in enumerate(zip(rows, self.seen.are_new(self.entry, ids), strict=True)):
            try:
                cells = decode(row.get("json") or {})
            except BadValue as error:
                errors[index] = _error(error)
                continue
            if is_new:
                fitting.append(_Row(index, ids[index], cells))
        return fitting, errors

    def _write(self, rows: Sequence[_Row]) -> dict[int, dict[str, Any]]:
        """Append rows, and return the errors of rows that violate a constraint of a column."""
        try:
            self._append(rows)
        except duckdb.Error as error:
            # If each row is valid by itself, the statement has failed for another reason than a row.
            refused = self._refused(rows) or {row.index: message_of(error) for row in rows}
            left = [row for row in rows if row.index not in refused]
            errors = {index: _problem(message) for index, message in refused.items()}
            return errors | self._write(left) if left and self.skips_invalid else errors
        self.seen.add(self.entry, [row.insert_id for row in rows])
        return {}

    def _append(self, rows: Sequence[_Row]) -> None:
        names = ", ".join(quote(field.name) for field in self.entry.stored_fields)
        # In one statement, so that a killed server has inserted all rows or none.
        self.cursor.execute(
            f"INSERT INTO {quote(self.entry.physical)} ({names}) SELECT *{self._time()} "
            f"FROM ({self._stored(self._arrow(rows))}) AS rows"
        )

    def _arrow(self, rows: Sequence[_Row]) -> ArrowRows:
        return ArrowRows(self.entry.fields, batches_of(self.entry.fields, [row.cells for row in rows]))

    def _stored(self, rows: ArrowRows) -> str:
        return stored_query(self.entry.fields, rows.select(self.cursor))

    def _refused(self, rows: Sequence[_Row]) -> dict[int, str]:
        """Return the error of each row that violates a constraint: too long, too precise, or not valid UTF-8."""
        found = {}
        for row in rows:
            arrow = self._arrow([row])
            try:
                self.cursor.execute(self._stored(arrow)).fetchall()
            except duckdb.Error as error:
                found[row.index] = arrow.problem(error)
        return found

    def _time(self) -> str:
        """Return `, ` and the value of `_PARTITIONTIME`, or an empty string if the table does not have that column."""
        partitioning = self.entry.partitioning
        if partitioning is None or not partitioning.is_ingestion_time:
            if self.partition:
                raise invalid_argument(
                    f"Rows can be streamed to a partition of {self.entry.name} only by ingestion time."
                )
            return ""
        if self.partition:
            partitioning.check(self.partition)
        return f", {partitioning.literal(self.partition or partitioning.id_at(CLOCK.utc()))}"


def _problem(message: str) -> dict[str, Any]:
    return {"reason": "invalid", "location": "", "debugInfo": "", "message": message}


def _error(error: BadValue) -> dict[str, Any]:
    message = error.text
    if isinstance(error, UnknownField):
        message = f"no such field: {error.path}."
    elif error.type_name == "timestamp":
        message = f"Could not parse '{error.value}' as a timestamp. Required format is {_TIMESTAMP_FORMAT}"
    elif error.type_name:
        message = f"Cannot convert value to {error.type_name} (bad value): {error.value}"
    return {"reason": "invalid", "location": error.path.lower(), "debugInfo": "", "message": message}
