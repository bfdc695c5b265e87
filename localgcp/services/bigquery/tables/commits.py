"""What is done for good, so that the server after a crash can tell: how a table is since, and which job did it.

Rows and columns are changed when DuckDB commits, which is before the catalog and the job hear of it. So each such
change leaves a note in the same transaction of DuckDB; the next server brings the catalog up to it. The catalog in turn
notes with each of its changes which job it was, until that job has its end.
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
# The one table in DuckDB that holds no client's rows.
NOTES = "commits"
_JOB: ContextVar[str] = ContextVar("bigquery_job", default="")


@contextmanager
def on_behalf_of(job: str) -> Iterator[None]:
    """Let the next change be all that a job does; without a name the changes are a part of more, or no job's."""
    token = _JOB.set(job)
    try:
        yield
    finally:
        _JOB.reset(token)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletedWork:
    """What a job had done when the server was killed.

    Attributes:
        fields: the schema of the table that the job wrote, as `TableFieldSchema`; empty where it wrote none.
        statistics: of the job.
    """

    fields: list[dict[str, Any]]
    statistics: dict[str, Any]


class Commits:
    """The notes of one server."""

    def __init__(self, context: Context, engine: Engine) -> None:
        self._engine = engine
        self._jobs = context.state.collection("bigquery.commits")
        self._jobs.records(lambda raw: CompletedWork(**raw))
        with engine.reading() as cursor:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {NOTES} (physical VARCHAR, job VARCHAR, entry VARCHAR, statistics VARCHAR)"
            )

    def note_rows(self, entry: TableEntry, statistics: dict[str, Any], cursor: Cursor, *, is_whole: bool) -> None:
        """Note in an open transaction of DuckDB what a table is after it.

        Args:
            statistics: those of the job.
            is_whole: the job does no more than that.
        """
        job = _JOB.get() if is_whole else ""
        cursor.execute(f"DELETE FROM {NOTES} WHERE physical = ?", [entry.physical])
        values = [entry.physical, job, json.dumps(entry.to_json()), json.dumps(statistics)]
        cursor.execute(f"INSERT INTO {NOTES} VALUES (?, ?, ?, ?)", values)

    def note_job(self, entry: TableEntry | None, statistics: dict[str, Any] | None = None) -> None:
        """Note, together with a change of the catalog, that the job has done its work."""
        if job := _JOB.get():
            fields = [field.to_json() for field in entry.fields] if entry is not None else []
            self._jobs.put(job, {"fields": fields, "statistics": statistics or {}})

    def left(self) -> list[tuple[str, TableEntry, dict[str, Any]]]:
        """Return the jobs, tables and statistics that a former server has noted in DuckDB."""
        with self._engine.reading() as cursor:
            rows = cursor.execute(
                f"SELECT physical, job, entry, statistics FROM {NOTES} WHERE physical != ''"
            ).fetchall()
        found = []
        for physical, job, entry, noted in rows:
            try:
                found.append((job, TableEntry.from_stored(json.loads(entry)), json.loads(noted)))
            except Exception as error:  # whatever is damaged, it costs this table its last change alone
                _log.warning(
                    "BigQuery: the note of the last change of the table with the rows %s cannot be read (%s: %s). "
                    "The table stays as it was before that change.",
                    physical, type(error).__name__, error,
                )  # fmt: skip
        return found

    def clear(self) -> None:
        """Forget the notes in DuckDB: the catalog is as they are."""
        with self._engine.reading() as cursor:
            cursor.execute(f"DELETE FROM {NOTES}")

    def completed(self, key: str) -> CompletedWork | None:
        """Return the work of a job that had done it when the server was killed, or None if it had not."""
        noted = self._jobs.get(key)
        return None if noted is None else CompletedWork(**noted)

    def forget(self, key: str) -> None:
        """Forget a job, together with storing its end."""
        if key in self._jobs:
            self._jobs.delete(key)
