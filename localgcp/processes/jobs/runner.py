"""Runs the jobs of any service: from their creation to their end, over restarts of the server, and under holds."""

import shutil
import time
from collections.abc import Mapping
from typing import Any

from localgcp.core.control.holds import RELEASED_AS_PENDING, Holds
from localgcp.core.conventions.errors import failed_precondition
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.processes.jobs.context import JobContext, JobWork
from localgcp.processes.jobs.records import Job
from localgcp.processes.jobs.tasks import JobTasks

_CANCEL_S = 10.0
_CANCEL_POLL_S = 0.05


class JobRunner:
    """The jobs of one service while they run. Its methods are for the threads of requests.

    Attributes:
        context: shared by the running jobs.
    """

    def __init__(self, context: JobContext, work: JobWork, holds: Holds) -> None:
        self.context = context
        self._records = context.records
        self._launcher = context.launcher
        self._work = work
        self._holds = holds
        self._tasks = JobTasks(context, work)

    def start(self) -> None:
        """Resume the jobs that an earlier server left unfinished."""
        for name in self._records.unfinished():
            self._launcher.call(self._tasks.begin, name)

    def stop(self, *, kills: bool = True) -> None:
        """End the processes of all jobs; the jobs keep their states.

        Args:
            kills: kill all processes of the launcher at once, instead of letting each job end its own.
        """
        self._launcher.wait_for(self._tasks.close(kills=kills))

    def create(self, name: str, fields: Job) -> Job:
        """Store a job whose fields have been checked, and run it; return the job as it is stored.

        Args:
            name: its resource name.
        """
        created, state = CLOCK.text(), self._holds.first_state(name)
        job = {"name": name, **fields, "state": state.value, "createTime": created, "updateTime": created}
        self._records.add(job)
        self._launcher.call(self._tasks.begin, name)
        return job

    def cancel(self, name: str) -> None:
        """Cancel a job; a job that has ended stays as it is.

        Raises:
            ApiError: 404.
        """
        with self._records.lock:
            if self._records.has_ended(name) or self._records.state(name) is JobState.CANCELLING:
                return
            self._holds.discard(name)
            self._records.move(name, JobState.CANCELLING)
        self._launcher.call(self._tasks.cancel, name)

    def set_state(self, name: str, state: JobState, error: Mapping[str, Any] | None) -> None:
        """Put a job into a state and hold it there; return when its processes have ended.

        Raises:
            ApiError: 404; 400 for a job that has ended.
        """
        ends = is_final(state, JOB_MOVES)
        with self._records.lock:
            if self._records.has_ended(name):
                raise failed_precondition(f"The job {name} has ended as {self._records.state(name)}.")
            if ends:
                self._holds.discard(name)
            else:
                self._holds.add(name)
            self._records.set_state(name, state, error=dict(error) if error else None)
        self._launcher.wait_for(self._tasks.suspend(name))
        if ends:
            self._work.end_parts(name)

    def release(self, name: str) -> None:
        """Stop holding a job, and run it; a job that ran before starts from its beginning."""
        with self._records.lock:
            self._holds.discard(name)
            if self._records.state(name) in RELEASED_AS_PENDING:
                self._records.set_state(name, JobState.PENDING)
        self._launcher.call(self._tasks.begin, name)

    def cancel_all(self) -> None:
        """Cancel every job that has not ended, and wait a few seconds at most until all have ended."""
        unfinished = self._records.unfinished()
        for name in unfinished:
            self.cancel(name)
        deadline = time.monotonic() + _CANCEL_S
        while time.monotonic() < deadline and not all(map(self._records.has_ended, unfinished)):
            time.sleep(_CANCEL_POLL_S)

    def delete_logs(self, name: str) -> None:
        """Delete the folder with the logs of a job."""
        shutil.rmtree(self.context.job_folder(name), ignore_errors=True)
