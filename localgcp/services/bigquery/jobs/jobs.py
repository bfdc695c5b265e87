"""Jobs: accepted, queued, run by a few threads, kept for ever."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, already_exists, invalid_argument, not_found
from localgcp.core.http.context import Context
from localgcp.services.bigquery.jobs.resources import DONE, RUNNING, Job, error_result
from localgcp.services.bigquery.tables.commits import Commits, CompletedWork, on_behalf_of
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import check_job_id

_log = logging.getLogger(__name__)
_KINDS = ("query", "load", "extract", "copy")
_LOCATION = "US"
_LOST = {
    "reason": "backendError",
    "message": "The server ended while the job ran. Submit it again under another id.",
}
# A stopping server waits this long for queries that do not listen, and says so often to those that begin meanwhile.
_PATIENCE_S = 3.0
_REPEAT_S = 0.1

# Takes the job, returns it with its statistics and results.
Work = Callable[[Job], Job]


class JobQueue:
    """The jobs of one server."""

    def __init__(self, context: Context, commits: Commits) -> None:
        """Load the state. Jobs that a former server did not end are done if their work was, and have failed if not."""
        self._state_lock = context.state.lock
        self._commits = commits
        self._stored = context.state.collection("bigquery.jobs")
        self._jobs = self._stored.records(Job.from_stored)
        self._by_request = {(job.project, job.request_id): job for job in self._jobs.values() if job.request_id}
        self._changed = threading.Condition()
        self._cursors: dict[str, Any] = {}
        self._running: set[str] = set()
        self._is_stopping = False
        self._pool = ThreadPoolExecutor(
            max_workers=max(2, context.settings.cpu_slots), thread_name_prefix="bigquery-job"
        )
        for job in list(self._jobs.values()):
            if job.state != DONE:
                work = commits.completed(_key(job.project, job.job_id))
                ended = replace(job, error=_LOST) if work is None else _with_work(job, work)
                self._save(replace(ended, state=DONE, ended_ms=now_ms(), started_ms=job.started_ms or now_ms()))

    def stop(self) -> None:
        """End the threads; a job that runs is cut off and reported as failed by the next server.

        DuckDB plans, and runs some of its functions, without a look at interrupts: such a query is left behind.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            self._interrupt(self._running, time.monotonic() + _PATIENCE_S)

    def _interrupt(self, names: set[str], ends: float = math.inf) -> None:
        """Interrupt jobs until they have ended: what is between two statements forgets an interrupt."""
        with self._changed:
            while (left := names & self._running) and time.monotonic() < ends:
                for name in left & self._cursors.keys():
                    self._cursors[name].interrupt()
                self._changed.wait(_REPEAT_S)

    def new(self, project: str, body: dict[str, Any], request_id: str = "") -> Job:
        """Return a job that is not yet known to anyone.

        Raises:
            ApiError: 400 for an id or configuration that is not valid.
        """
        configuration = body.get("configuration") or {}
        reference = body.get("jobReference") or {}
        if sum(kind in configuration for kind in _KINDS) != 1:
            raise invalid_argument(
                f"Required parameter is missing: configuration, with one of {', '.join(_KINDS)}", "required"
            )
        job_id = reference.get("jobId") or f"job_{uuid4().hex}"
        check_job_id(job_id)
        configuration = {key: value for key, value in configuration.items() if key != "jobType"}
        return Job(
            project=reference.get("projectId") or project,
            job_id=job_id,
            location=reference.get("location") or _LOCATION,
            configuration=configuration,
            created_ms=now_ms(),
            request_id=request_id,
        )

    def submit(self, job: Job, work: Work) -> Job:
        """Take a job in and run it in the background; where its request has made one already, return that one.

        Raises:
            ApiError: 409 where the id is taken.
        """
        with self._changed:
            if job.request_id and (known := self.of_request(job.project, job.request_id)) is not None:
                return known  # of another thread, meanwhile
            if (taken := self._jobs.get(_key(job.project, job.job_id))) is not None:
                raise already_exists(f"Already Exists: Job {taken.name}")
            self._save(job)
            if job.request_id:
                self._by_request[job.project, job.request_id] = job
        self._pool.submit(self._run, job, work)
        return job

    def add_done(self, job: Job) -> None:
        """Take in a job that has run already, as a part of another."""
        self._save(job)

    def _run(self, job: Job, work: Work) -> None:
        with self._changed:
            self._running.add(job.name)
        try:
            self._do(job, work)
        finally:
            with self._changed:
                self._running.discard(job.name)
                self._changed.notify_all()

    def _do(self, job: Job, work: Work) -> None:
        current = self.get(job.project, job.job_id)
        if current.state == DONE:
            return
        started = self._save(replace(current, state=RUNNING, started_ms=now_ms()))
        try:
            with self._limited(started), on_behalf_of(_key(job.project, job.job_id)):
                ended = work(started)
        except ApiError as error:
            ended = replace(started, error=error_result(error), errors=list(getattr(error, "details", ())))
        except Exception as error:
            if not self.is_over(job):  # what is cancelled fails with what its interrupt makes of it
                _log.exception("job %s failed", job.name)
            ended = replace(started, error={"reason": "internalError", "message": f"{type(error).__name__}: {error}"})
        with self._changed:
            is_cut_off = self._is_stopping and ended.error is not None
            if not is_cut_off and self.get(job.project, job.job_id).state != DONE:
                self._save(replace(ended, state=DONE, ended_ms=now_ms()))

    @contextmanager
    def _limited(self, job: Job) -> Iterator[None]:
        """Stop a job that takes longer than its `jobTimeoutMs`."""
        limit_ms = int(job.configuration.get("jobTimeoutMs") or 0)
        if not limit_ms:
            yield
            return
        message = f"Job execution was cancelled: Job timed out after {limit_ms / 1000:g} sec"
        timer = threading.Timer(limit_ms / 1000, self._stop, (job.project, job.job_id, message))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _save(self, job: Job) -> Job:
        with self._changed:
            key = _key(job.project, job.job_id)
            with self._state_lock:
                self._stored.put(key, job.to_json())
                if job.state == DONE:
                    self._commits.forget(key)
            self._jobs[key] = job
            self._changed.notify_all()
        return job

    def interruptible(self, job: Job, cursor: Any) -> None:
        """Let `cancel` interrupt a cursor."""
        with self._changed:
            self._cursors[job.name] = cursor

    def finished(self, job: Job) -> None:
        """Forget the cursor of a job, before it is closed."""
        with self._changed:
            self._cursors.pop(job.name, None)

    def get(self, project: str, job_id: str) -> Job:
        """Return a job.

        Raises:
            ApiError: 404.
        """
        found = self._jobs.get(_key(project, job_id))
        if found is None:
            raise not_found(f"Not found: Job {project}:{_LOCATION}.{job_id}")
        return found

    def of_request(self, project: str, request_id: str) -> Job | None:
        """Return the job that an earlier `jobs.query` with the same request id made."""
        found = self._by_request.get((project, request_id))
        return self._jobs.get(_key(found.project, found.job_id)) if found else None

    def is_over(self, job: Job) -> bool:
        """Tell whether a job is done, or will not be because the server stops."""
        return self._is_stopping or self.get(job.project, job.job_id).state == DONE

    def wait(self, job: Job, timeout_s: float) -> Job:
        """Return the job once it is done, or as it is after the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over(job), timeout=timeout_s)
            return self.get(job.project, job.job_id)

    def cancel(self, project: str, job_id: str) -> Job:
        """Stop a job that is not done.

        Raises:
            ApiError: 404.
        """
        return self._stop(project, job_id, "Job execution was cancelled: User requested cancellation")

    def _stop(self, project: str, job_id: str, message: str) -> Job:
        with self._changed:
            job = self.get(project, job_id)
            if job.state == DONE:
                return job
            stopped = {"reason": "stopped", "message": message}
            job = self._save(
                replace(job, state=DONE, ended_ms=now_ms(), started_ms=job.started_ms or now_ms(), error=stopped)
            )
        threading.Thread(target=self._interrupt, args=({job.name},), name="bigquery-stop", daemon=True).start()
        return job

    def delete(self, project: str, job_id: str) -> None:
        """Forget a job that is done.

        Raises:
            ApiError: 404, or 400 where it still runs.
        """
        with self._changed:
            job = self.get(project, job_id)
            if job.state != DONE:
                raise invalid_argument(f"Job {job.name} is still running. Cancel it first.")
            children = [found for found in self.of_project(project) if found.parent_id == job_id]
            for each in (job, *children):
                self._stored.delete(_key(project, each.job_id))
                del self._jobs[_key(project, each.job_id)]
            self._by_request.pop((project, job.request_id), None)

    def of_project(self, project: str) -> Sequence[Job]:
        """Return all jobs of a project, oldest first."""
        with self._changed:
            return [job for job in self._jobs.values() if job.project == project]

    def list(
        self, project: str, states: set[str], first_ms: int | None, last_ms: int | None, parent: str = ""
    ) -> list[Job]:
        """Return a project's jobs, newest first: those of a script's statements, or those that have no parent."""
        return [
            job
            for job in reversed(self.of_project(project))
            if job.parent_id == parent
            and (not states or job.state in states)
            and (first_ms is None or job.created_ms >= first_ms)
            and (last_ms is None or job.created_ms <= last_ms)
        ]


def _with_work(job: Job, work: CompletedWork) -> Job:
    """Return a job with the statistics of the work that it had done, and the schema of what it wrote."""
    writes = job.kind == "query" and "destinationTable" in job.configuration["query"]
    statistics = {**job.statistics, **work.statistics}
    return replace(job, statistics=statistics, result_fields=work.fields if writes else [])


def _key(project: str, job_id: str) -> str:
    return f"{project}:{job_id}"
