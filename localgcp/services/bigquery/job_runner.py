"""The work of jobs: a query, a load, an extract or a copy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from localgcp.services.bigquery.engine import Cursor, Engine
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.jobs.jobs import JobQueue
from localgcp.services.bigquery.jobs.resources import Job
from localgcp.services.bigquery.scripts.child_jobs import ChildJobs, with_outcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.sessions import QuerySession, session_info
from localgcp.services.bigquery.statements.statements import Statements
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.transfer.copy import Copier
from localgcp.services.bigquery.transfer.extract import Extractor
from localgcp.services.bigquery.transfer.load import Loader
from localgcp.services.bigquery.transfer.sources import load_files, reference_file
from localgcp.services.storage.store import StorageStore


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRunner:
    """Does the work of jobs with the parts of BigQuery."""

    catalog: Catalog
    engine: Engine
    jobs: JobQueue
    sizes: Sizes
    storage: StorageStore
    statements: Statements
    loader: Loader
    extractor: Extractor
    copier: Copier

    def in_session(self, job: Job) -> Job:
        """Return a job with the session that it opens or runs in, if its configuration asks for one.

        Raises:
            ApiError: 404 for a session that is not open, 400 for a property that is not valid.
        """
        if job.kind != "query":
            return job
        session = self.statements.sessions.of_query(job.project, job.configuration["query"])
        return job if session is None else replace(job, statistics=session_info(session))

    def _session(self, job: Job) -> QuerySession | None:
        session_id = job.statistics.get("sessionInfo", {}).get("sessionId", "")
        return self.statements.sessions.find(job.project, session_id) if session_id else None

    def dry_run(self, job: Job) -> Job:
        """Return a query job with the cost and schema that it would have; return other jobs unchanged.

        Raises:
            ApiError: the error that the job would fail with.
        """
        if job.kind != "query":
            return job
        call = QueryCall(
            project=job.project,
            job_id=job.job_id,
            query=job.configuration["query"],
            is_dry_run=True,
            session=self._session(job),
        )
        return with_outcome(job, self.statements.run(call))

    def run(self, job: Job) -> Job:
        """Do the work of a job and return it with its statistics and results; a load reads from Cloud Storage.

        Raises:
            ApiError: the error that the job fails with.
        """
        return {"query": self._query, "load": self._load, "extract": self._extract, "copy": self._copy}[job.kind](job)

    def run_upload(self, job: Job, path: Path) -> Job:
        """Do the work of a load job whose file came with the request, and remove the file.

        Raises:
            ApiError: the error that the job fails with.
        """
        try:
            return self._load(job, [SourceFile(path, "the uploaded file")])
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _cursor(self, job: Job) -> Iterator[Cursor]:
        """Give a cursor whose statement ends when the job is cancelled."""
        with self.engine.reading() as cursor:
            self.jobs.set_cursor(job, cursor)
            try:
                yield cursor
            finally:
                self.jobs.remove_cursor(job)

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
            return children.with_child_count(with_outcome(job, self.statements.run(call)))

    def _load(self, job: Job, files: Sequence[SourceFile] | None = None) -> Job:
        load = job.configuration["load"]
        if files is None:
            files = load_files(self.storage, load)
        with self._cursor(job) as cursor:
            loaded = self.loader.run(load, job.project, files, cursor, reference_file(self.storage, load))
        size = self.sizes.table_bytes(self.catalog.get(self.loader.target(load, job.project).name))
        statistics = {"load": {**loaded.statistics, "outputBytes": str(size)}, "totalBytesProcessed": "0"}
        return replace(job, statistics=statistics, errors=loaded.errors)

    def _extract(self, job: Job) -> Job:
        with self._cursor(job) as cursor:
            counts = self.extractor.run(job.configuration["extract"], job.project, cursor)
        return replace(job, statistics={"extract": counts, "totalBytesProcessed": "0"})

    def _copy(self, job: Job) -> Job:
        with self._cursor(job) as cursor:
            rows = self.copier.run(job.configuration["copy"], job.project, cursor)
        return replace(job, statistics={"copy": {"copiedRows": str(rows)}, "totalBytesProcessed": "0"})
