"""BigQuery: its parts put together, and the jobs' work."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from localgcp.core.http.context import Context
from localgcp.core.http.errors import invalid_argument
from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.compiler.views import fields_of_view
from localgcp.services.bigquery.engine import Cursor, Engine
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.jobs.jobs import Jobs
from localgcp.services.bigquery.jobs.resources import Job
from localgcp.services.bigquery.jobs.results import Results
from localgcp.services.bigquery.planner import Planner
from localgcp.services.bigquery.scripts.child_jobs import ChildJobs, with_outcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.sessions import Session, session_info
from localgcp.services.bigquery.statements.statements import Statements
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.definitions import Definitions
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import TableName, check_table_id
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.transfer.copy import Copier
from localgcp.services.bigquery.transfer.export import Exporter
from localgcp.services.bigquery.transfer.extract import Extractor
from localgcp.services.bigquery.transfer.insert_rows import InsertIds, RowInsert
from localgcp.services.bigquery.transfer.load import Loader
from localgcp.services.bigquery.transfer.sink import Sink, in_partition
from localgcp.services.bigquery.transfer.sources import load_files, reference_file
from localgcp.services.bigquery.types.schema import Field, quote
from localgcp.services.storage.store import StorageStore


class BigQueryStore:
    """All of BigQuery on one server.

    Attributes:
        catalog: datasets and tables.
        definitions: makes and changes tables and views.
        jobs: the jobs.
        project: what clients are told to use.
        sizes: how large tables are.
    """

    def __init__(self, context: Context, storage: StorageStore) -> None:
        """Open the database."""
        folder = context.state.folder("bigquery")
        self.project = context.settings.project
        self._storage = storage
        self._engine = Engine(folder, context.settings.cpu_slots)
        self.catalog = Catalog(context, self._engine)
        self.jobs = Jobs(context, self.catalog.commits)
        self.sizes = Sizes(self._engine)
        self._results = Results(folder / "results")
        self._insert_ids = InsertIds()
        self.uploads = folder / "uploads"
        shutil.rmtree(self.uploads, ignore_errors=True)
        self.uploads.mkdir()
        self._sink = Sink(self.catalog, self._engine)
        self._loader = Loader(self.catalog, self._sink)
        self._copier = Copier(self.catalog, self._sink)
        exporter = Exporter(storage, folder / "staging")
        self._extractor = Extractor(self.catalog, exporter, self.sizes)
        compiler = Compiler(Planner(), self.sizes, self.jobs.of_project)
        self.definitions = Definitions(self.catalog, self._engine, partial(fields_of_view, self.catalog, compiler))
        self._statements = Statements(self.catalog, compiler, self._sink, exporter, self._results)

    def stop(self) -> None:
        """End the jobs and close the database."""
        self.jobs.stop()
        self._statements.stop()
        self._engine.close()

    # Tables

    def rows(
        self, name: TableName, start: int, count: int, columns: Sequence[str] = (), partition: str = ""
    ) -> tuple[tuple[Field, ...], pa.Table, int]:
        """Return a slice of a table's rows, in the order in which they were written.

        Args:
            columns: names of whole columns; empty means all.
            partition: the one that is read; empty means all.

        Returns:
            The fields, the rows, and the number of all rows.

        Raises:
            ApiError: 404, or 400 for a view, or a column that there is not.
        """
        if (found := self._results.find(name)) is not None:
            fields, table = found
            return fields, table.slice(start, count), table.num_rows
        with self._engine.reading() as cursor:
            entry = self.catalog.get(name)
            if entry.view is not None:
                raise invalid_argument(f"Cannot list a table of type VIEW. Table: {name}")
            wanted = {column.lower() for column in columns}
            if unknown := wanted - {field.name.lower() for field in entry.fields}:
                raise invalid_argument(f"No such field: {sorted(unknown)[0]}. Table: {name}")
            fields = tuple(field for field in entry.fields if not wanted or field.name.lower() in wanted)
            total = self.sizes.partition(entry, partition)[0] if partition else self.sizes.row_count(entry)
            where = f" WHERE {in_partition(entry, partition)}" if partition else ""
            if not fields:
                return fields, pa.table({}), total
            names = ", ".join(quote(field.name) for field in fields)
            sql = f"SELECT {names} FROM {quote(entry.physical)}{where} LIMIT {count} OFFSET {start}"
            return fields, cursor.execute(sql).to_arrow_table(), total

    def is_result(self, name: TableName) -> tuple[Field, ...] | None:
        """Return the schema of an anonymous result, or None where the name is none."""
        found = self._results.find(name)
        return found[0] if found else None

    def delete_partition(self, name: TableName, partition: str) -> None:
        """Remove the rows of one partition.

        Raises:
            ApiError: 404 for a partition without rows, 400 where the table has none.
        """
        self._sink.delete_partition(name, partition)

    def instance_of(self, template: TableName, suffix: str) -> TableName:
        """Return the table that a `templateSuffix` names; it is made with the template's schema where it is not there.

        Raises:
            ApiError: 404 for the template, 400 for a name that no table can have.
        """
        base = self.catalog.get(template)
        check_table_id(f"{template.table}{suffix}")
        name = TableName(template.project, template.dataset, f"{template.table}{suffix}")
        with self.catalog.writing(name):
            if self.catalog.find(name) is None:
                self.catalog.create(name, base.fields, base.settings)
        return name

    def insert_rows(
        self,
        name: TableName,
        rows: Sequence[dict[str, Any]],
        *,
        skip_invalid: bool,
        ignore_unknown: bool,
        partition: str = "",
    ) -> list[dict[str, Any]]:
        """Append JSON rows and return the `insertErrors`.

        Raises:
            ApiError: 404 for the table, 400 for a view or a partition that it does not have.
        """
        with self.catalog.writing(name, appends=True), self._engine.reading() as cursor:
            entry = self.catalog.get(name)
            insert = RowInsert(
                entry=entry,
                cursor=cursor,
                seen=self._insert_ids,
                skips_invalid=skip_invalid,
                ignores_unknown=ignore_unknown,
                partition=partition,
            )
            errors = insert.run(rows)
            if not errors or skip_invalid:
                self.catalog.touch(entry)
                self.catalog.streamed_ms[name] = now_ms()
        return errors

    # Jobs

    def in_session(self, job: Job) -> Job:
        """Return a job with the session that it asks for, if it does.

        Raises:
            ApiError: 404 for a session that is not open, 400 for a property that is not valid.
        """
        if job.kind != "query":
            return job
        session = self._statements.sessions.of_query(job.project, job.configuration["query"])
        return job if session is None else replace(job, statistics=session_info(session))

    def _session(self, job: Job) -> Session | None:
        session_id = job.statistics.get("sessionInfo", {}).get("sessionId", "")
        return self._statements.sessions.find(job.project, session_id) if session_id else None

    def dry_run(self, job: Job) -> Job:
        """Return what a query job would cost and give.

        Raises:
            ApiError: what the job would fail with.
        """
        if job.kind != "query":
            return job
        outcome = self._statements.run(
            QueryCall(
                project=job.project,
                job_id=job.job_id,
                query=job.configuration["query"],
                is_dry_run=True,
                session=self._session(job),
            )
        )
        return with_outcome(job, outcome)

    def run(self, job: Job) -> Job:
        """Do the work of a query, extract or copy job, or of a load from Cloud Storage.

        Raises:
            ApiError: what the job fails with.
        """
        return {"query": self._query, "load": self._load, "extract": self._extract, "copy": self._copy}[job.kind](job)

    def run_upload(self, job: Job, path: Path) -> Job:
        """Do the work of a load job whose file came with the request, and remove the file.

        Raises:
            ApiError: what the job fails with.
        """
        try:
            return self._load(job, [SourceFile(path, "the uploaded file")])
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _cursor(self, job: Job) -> Iterator[Cursor]:
        """Give a cursor that the cancelling of the job interrupts."""
        with self._engine.reading() as cursor:
            self.jobs.interruptible(job, cursor)
            try:
                yield cursor
            finally:
                self.jobs.finished(job)

    def _query(self, job: Job) -> Job:
        with self._cursor(job) as cursor:
            children = ChildJobs(self.jobs, job)
            call = QueryCall(
                project=job.project,
                job_id=job.job_id,
                query=job.configuration["query"],
                cursor=cursor,
                children=children,
                session=self._session(job),
            )
            return children.counted(with_outcome(job, self._statements.run(call)))

    def _load(self, job: Job, files: Sequence[SourceFile] | None = None) -> Job:
        load = job.configuration["load"]
        if files is None:
            files = load_files(self._storage, load)
        with self._cursor(job) as cursor:
            loaded = self._loader.run(load, job.project, files, cursor, reference_file(self._storage, load))
        size = self.sizes.table_bytes(self.catalog.get(self._loader.target(load, job.project).name))
        statistics = {"load": {**loaded.statistics, "outputBytes": str(size)}, "totalBytesProcessed": "0"}
        return replace(job, statistics=statistics, errors=loaded.errors)

    def _extract(self, job: Job) -> Job:
        with self._cursor(job) as cursor:
            counts = self._extractor.run(job.configuration["extract"], job.project, cursor)
        return replace(job, statistics={"extract": counts, "totalBytesProcessed": "0"})

    def _copy(self, job: Job) -> Job:
        with self._cursor(job) as cursor:
            rows = self._copier.run(job.configuration["copy"], job.project, cursor)
        return replace(job, statistics={"copy": {"copiedRows": str(rows)}, "totalBytesProcessed": "0"})
