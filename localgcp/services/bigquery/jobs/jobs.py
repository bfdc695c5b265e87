"""The job queue: accepts jobs, runs them in a few threads, and keeps them until they are deleted."""

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
# A stopping server waits this long for running queries, and interrupts them again after each _REPEAT_S.
_STOP_TIMEOUT_S = 3.0
_REPEAT_S = 0.1

# Takes a job, does its work, and returns it with statistics and results.
Work = Callable[[Job], Job]


class JobQueue:
    """The jobs of one server."""

    def __init__(self, context: Context, commits: Commits) -> None:
        """Load the jobs. One that an earlier server left running is done if its work was committed, else it failed."""
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
        """Interrupt the running jobs and wait a little for their ends; the next server reports the rest as failed.

        DuckDB does not react to interrupts while it plans a query or runs some of its functions. Such a query is left
        running.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            self._interrupt(self._running, time.monotonic() + _STOP_TIMEOUT_S)

    def _interrupt(self, names: set[str], ends: float = math.inf) -> None:
        """Interrupt jobs again and again until they have ended: an interrupt between two statements has no effect.

        Args:
            names: the jobs.
            ends: when to give up, by `time.monotonic`.
        """
        with self._changed:
            while (left := names & self._running) and time.monotonic() < ends:
                for name in left & self._cursors.keys():
                    self._cursors[name].interrupt()
                self._changed.wait(_REPEAT_S)

    def new(self, project: str, body: dict[str, Any], request_id: str = "") -> Job:
        """Return a new job from a request, without queueing it.

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
        """Queue a job; if an earlier request with the same id has queued one, return that one.

        Args:
            job: a new job.
            work: does its work, in another thread.

        Raises:
            ApiError: 409 if another job has the id.
        """
        with self._changed:
            if job.request_id and (known := self.of_request(job.project, job.request_id)) is not None:
                return known  # queued by another thread since the caller looked
            if (taken := self._jobs.get(_key(job.project, job.job_id))) is not None:
                raise already_exists(f"Already Exists: Job {taken.name}")
            self._save(job)
            if job.request_id:
                self._by_request[job.project, job.request_id] = job
        self._pool.submit(self._run, job, work)
        return job

    def add_done(self, job: Job) -> None:
        """Add a job that is done already: a statement of a script."""
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
            if not self.is_over(job):  # a cancelled job fails with the error of its interrupt
                _log.exception("job %s failed", job.name)
            ended = replace(started, error={"reason": "internalError", "message": f"{type(error).__name__}: {error}"})
        with self._changed:
            is_cut_off = self._is_stopping and ended.error is not None
            if not is_cut_off and self.get(job.project, job.job_id).state != DONE:
                self._save(replace(ended, state=DONE, ended_ms=now_ms()))

    @contextmanager
    def _limited(self, job: Job) -> Iterator[None]:
        """Cancel the job if the block takes longer than its `jobTimeoutMs`."""
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
                    self._commits.delete_job(key)
            self._jobs[key] = job
            self._changed.notify_all()
        return job

    def set_cursor(self, job: Job, cursor: Any) -> None:
        """Set the cursor that `cancel` interrupts."""
        with self._changed:
            self._cursors[job.name] = cursor

    def remove_cursor(self, job: Job) -> None:
        """Remove the cursor of a job; call it before the cursor is closed."""
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
        """Return the job of an earlier `jobs.query` with this request id, or None."""
        found = self._by_request.get((project, request_id))
        return self._jobs.get(_key(found.project, found.job_id)) if found else None

    def is_over(self, job: Job) -> bool:
        """Tell whether a job is done, or will never be because the server stops."""
        return self._is_stopping or self.get(job.project, job.job_id).state == DONE

    def wait(self, job: Job, timeout_s: float) -> Job:
        """Wait until a job is done or the timeout has passed, and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over(job), timeout=timeout_s)
            return self.get(job.project, job.job_id)

    def cancel(self, project: str, job_id: str) -> Job:
        """Cancel a job, unless it is done.

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
        """Delete a job that is done, with the jobs of its statements.

        Raises:
            ApiError: 404, or 400 if it still runs.
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
        """Return jobs of a project, newest first.

        Args:
            project: the project.
            states: the states to list; empty means all.
            first_ms, last_ms: the earliest and the latest creation time in milliseconds since 1970.
            parent: the id of a script, for the jobs of its statements; empty lists jobs without a parent.
        """
        return [
            job
            for job in reversed(self.of_project(project))
            if job.parent_id == parent
            and (not states or job.state in states)
            and (first_ms is None or job.created_ms >= first_ms)
            and (last_ms is None or job.created_ms <= last_ms)
        ]


def _with_work(job: Job, work: CompletedWork) -> Job:
    """Return a job with the statistics of its committed work, and the schema of the table that it wrote."""
    writes = job.kind == "query" and "destinationTable" in job.configuration["query"]
    statistics = {**job.statistics, **work.statistics}
    return replace(job, statistics=statistics, result_fields=work.fields if writes else [])


def _key(project: str, job_id: str) -> str:
    return f"{project}:{job_id}"
