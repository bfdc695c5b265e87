"""What a running job gets from its runner, and the two ways in which it ends other than by success."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from localgcp.core.conventions.errors import RpcCode
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import JobState
from localgcp.processes.jobs.records import Job, JobRecords
from localgcp.processes.launcher import ProcessLauncher

_log = logging.getLogger(__name__)


class JobFailed(Exception):
    """The job ends as FAILED.

    Attributes:
        code: of the google.rpc.Status.
    """

    def __init__(self, message: str, code: RpcCode = RpcCode.INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class JobTimedOut(Exception):
    """The job ran longer than it may, and ends as CANCELLED."""


@dataclass(kw_only=True)
class JobContext:
    """Shared by the running jobs of one runner; used on the launcher's event loop.

    Attributes:
        folder: the folder for the logs and working directories of the jobs.
        is_closing: the server is ending; jobs keep their states, and the next server resumes them.
    """

    records: JobRecords
    launcher: ProcessLauncher
    folder: Path
    is_closing: bool = False

    def job_folder(self, name: str) -> Path:
        """Return the folder for the logs of a job."""
        return self.folder / name.rpartition("/")[2]

    def mark_running(self, name: str) -> None:
        """Move a job that is PENDING to RUNNING: its first process is about to start."""
        with self.records.lock:
            if self.records.state(name) is JobState.PENDING:
                self.records.move(name, JobState.RUNNING)
                _log.info("%s runs", name)


class JobWork(Protocol):
    """What a service does to run its jobs."""

    async def run(self, job: Job) -> Mapping[str, Any]:
        """Run a job to its end, and return the fields of the job that are known then.

        When it is cancelled, this method ends the processes of the job before it raises.

        Raises:
            JobFailed: the job failed.
            ApiError: the job failed; the status of the error becomes the error of the job.
            JobTimedOut: the job ran longer than it may.
        """

    def end_parts(self, name: str) -> None:
        """End the parts of a job, such as trials, that have not ended with it; the lock of the records is held."""


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Run a block for at most that many seconds of this server's clock.

    Raises:
        JobTimedOut: the block took longer.
    """
    try:
        async with CLOCK.timeout(seconds):
            yield
    except TimeoutError as error:
        raise JobTimedOut(f"The job ran longer than its timeout of {seconds:g} seconds.") from error
