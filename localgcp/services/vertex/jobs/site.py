"""What all running jobs share: slots, warm servers, programs, records, and the watch over their metric files."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.processes.images.resources import Environment
from localgcp.processes.images.store import ImageUnavailable
from localgcp.processes.launcher import Launcher
from localgcp.processes.slots import SlotPool
from localgcp.services.vertex.jobs.metric_file import Measurement, MetricFile
from localgcp.services.vertex.jobs.programs import Programs
from localgcp.services.vertex.jobs.records import Records
from localgcp.services.vertex.jobs.resources import JobSpec

_log = logging.getLogger(__name__)
_POLL_S = 0.25

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
CODE_CANCELLED = 1
CODE_INVALID_ARGUMENT = 3
CODE_DEADLINE_EXCEEDED = 4
CODE_NOT_FOUND = 5
CODE_INTERNAL = 13


class JobFailed(Exception):
    """The job ends as FAILED.

    Attributes:
        code: of google.rpc.Status.
    """

    def __init__(self, message: str, code: int = CODE_INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class JobTimedOut(Exception):
    """The job ran longer than its scheduling allows, and ends as CANCELLED."""


@dataclass(kw_only=True)
class Site:
    """Lives on the runner's event loop.

    Attributes:
        folder: for the logs and working directories of jobs.
        client: the variables by which clients find this server.
        live: the measurements of the trials that run, by job and trial.
        is_closing: the server ends; jobs keep their states and go on with the next one.
    """

    records: Records
    programs: Programs
    slots: SlotPool
    launcher: Launcher
    folder: Path
    client: Mapping[str, str]
    live: dict[tuple[str, str], list[Measurement]] = field(default_factory=dict)
    is_closing: bool = False
    _watched: dict[MetricFile, Callable[[], None]] = field(default_factory=dict)

    def job_folder(self, name: str) -> Path:
        """Return the folder of a job's logs."""
        return self.folder / name.rpartition("/")[2]

    async def environments(self, spec: JobSpec) -> list[Environment]:
        """Return the environment of each worker pool; those that are not built yet are made now.

        Raises:
            JobFailed: there is no such image, or a package cannot be installed.
        """
        cancelled = Event()
        try:
            return [await asyncio.to_thread(self.programs.environment, pool, cancelled) for pool in spec.pools]
        except ImageUnavailable as error:
            raise JobFailed(str(error), CODE_NOT_FOUND) from error
        finally:
            cancelled.set()

    def mark_running(self, name: str) -> None:
        """Note that the first process of a job is about to start."""
        with self.records.state.lock:
            if self.records.job_state(name) is JobState.PENDING:
                self.records.move_job(name, JobState.RUNNING)
                _log.info("%s runs", name)

    def finish(self, name: str, state: JobState, message: str = "", code: int = CODE_INVALID_ARGUMENT) -> None:
        """Bring a job to its end; one that is being cancelled ends as cancelled, whatever its processes did."""
        with self.records.state.lock:
            current = self.records.job_state(name)
            if is_final(current, JOB_MOVES) or name in self.records.holds:
                return
            if current is not JobState.CANCELLING and state is JobState.CANCELLED:
                self.records.move_job(name, JobState.CANCELLING)
            elif current is JobState.CANCELLING and state is not JobState.CANCELLED:
                state, code, message = JobState.CANCELLED, CODE_CANCELLED, "The job was cancelled."
            self.records.end_trials(name)
            self.records.move_job(name, state, {"code": code, "message": message} if message else None)
        _log.info("%s ended as %s %s", name, state, message)

    def watch(self, file: MetricFile, on_change: Callable[[], None]) -> None:
        """Call back, some time after a trainer has written to its file."""
        self._watched[file] = on_change

    def unwatch(self, file: MetricFile) -> None:
        """Look at a file no more."""
        self._watched.pop(file, None)

    async def poll(self) -> None:
        """Look at all watched files, a few times a second, for ever."""
        while True:
            await asyncio.sleep(_POLL_S)
            for file, on_change in list(self._watched.items()):
                if file.read():
                    on_change()
