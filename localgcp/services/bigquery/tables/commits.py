"""Notes of committed changes, by which the next server finishes what a killed server had begun.

DuckDB commits rows and columns before the catalog and the job are stored. So each such change writes a note in the same
DuckDB transaction: the table's new entry, and the job if the change is all of its work. The next server brings the
catalog up to these notes. The catalog in turn notes with each of its changes the job that made it, until the end of
that job is stored.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from localgcp.core.http.context import Context
from localgcp.services.bigquery.engine import Cursor, Engine
from localgcp.services.bigquery.tables.entry import TableEntry

_log = logging.getLogger(__name__)
# The only table in DuckDB that holds no rows of a client.
NOTES = "commits"
_JOB: ContextVar[str] = ContextVar("bigquery_job", default="")


@contextmanager
def on_behalf_of(job: str) -> Iterator[None]:
    """Attribute the changes within the block to a job, whose whole work each of them is.

    Args:
        job: the key of the job; empty for changes that are a part of a job's work, or that no job makes.
    """
    token = _JOB.set(job)
    try:
        yield
    finally:
        _JOB.reset(token)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletedWork:
    """The work that a job had finished when the server was killed.

    Attributes:
        fields: the schema of the table that the job wrote, as `TableFieldSchema`; empty if it wrote none.
        statistics: the statistics of the job.
    """

    fields: list[dict[str, Any]]
    statistics: dict[str, Any]


class Commits:
    """Writes and reads the notes of one server."""

    def __init__(self, context: Context, engine: Engine) -> None:
        self._engine = engine
        self._jobs = context.state.collection("bigquery.commits")
        self._jobs.records(lambda raw: CompletedWork(**raw))
        with engine.reading() as cursor:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {NOTES} (physical VARCHAR, job VARCHAR, entry VARCHAR, statistics VARCHAR)"
            )

    def note_rows(self, entry: TableEntry, statistics: dict[str, Any], cursor: Cursor, *, is_whole: bool) -> None:
        """Note the new entry of a table in the open DuckDB transaction that changes its rows.

        Args:
            entry: the table after the change.
            statistics: the statistics of the job.
            cursor: has the open transaction.
            is_whole: whether the change is the whole work of the current job.
        """
        job = _JOB.get() if is_whole else ""
        cursor.execute(f"DELETE FROM {NOTES} WHERE physical = ?", [entry.physical])
        values = [entry.physical, job, json.dumps(entry.to_json()), json.dumps(statistics)]
        cursor.execute(f"INSERT INTO {NOTES} VALUES (?, ?, ?, ?)", values)

    def note_job(self, entry: TableEntry | None, statistics: dict[str, Any] | None = None) -> None:
        """Note that the current job has done its work, in the transaction of the state that changes the catalog.

        Args:
            entry: the table that the job wrote, or None if it wrote none.
            statistics: the statistics of the job.
        """
        if job := _JOB.get():
            fields = [field.to_json() for field in entry.fields] if entry is not None else []
            self._jobs.put(job, {"fields": fields, "statistics": statistics or {}})

    def noted_changes(self) -> list[tuple[str, TableEntry, dict[str, Any]]]:
        """Return the jobs, tables and statistics that an earlier server has noted in DuckDB."""
        with self._engine.reading() as cursor:
            rows = cursor.execute(
                f"SELECT physical, job, entry, statistics FROM {NOTES} WHERE physical != ''"
            ).fetchall()
        found = []
        for physical, job, entry, noted in rows:
            try:
                found.append((job, TableEntry.from_stored(json.loads(entry)), json.loads(noted)))
            except Exception as error:  # only the last change of this table is lost
                _log.warning(
                    "BigQuery: the note of the last change of the table with the rows %s cannot be read (%s: %s). "
                    "The table stays as it was before that change.",
                    physical, type(error).__name__, error,
                )  # fmt: skip
        return found

    def clear(self) -> None:
        """Delete the notes in DuckDB, once the catalog is up to them."""
        with self._engine.reading() as cursor:
            cursor.execute(f"DELETE FROM {NOTES}")

    def completed(self, key: str) -> CompletedWork | None:
        """Return the work that a job had finished when the server was killed, or None if it had not finished."""
        noted = self._jobs.get(key)
        return None if noted is None else CompletedWork(**noted)

    def delete_job(self, key: str) -> None:
        """Delete the note of a job, in the transaction of the state that stores the end of the job."""
        if key in self._jobs:
            self._jobs.delete(key)
