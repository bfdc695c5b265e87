"""The running jobs of one runner as tasks on the launcher's event loop."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, RpcCode, rpc_status, status_of
from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.processes.jobs.context import JobContext, JobFailed, JobTimedOut, JobWork

_log = logging.getLogger(__name__)
_CANCELLED = status_of(RpcCode.CANCELLED, "The job was cancelled.")


class JobTasks:
    """One task for each running job. All methods run on the event loop."""

    def __init__(self, context: JobContext, work: JobWork) -> None:
        self._context = context
        self._records = context.records
        self._work = work
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str) -> None:
        """Run a stored job, unless it runs already or is held."""
        if name in self._tasks or name in self._records.holds:
            return
        task = asyncio.get_running_loop().create_task(self._run(name))
        self._tasks[name] = task
        task.add_done_callback(lambda ended: self._forget(name, ended))

    def cancel(self, name: str) -> None:
        """End the processes of a job that is CANCELLING, and then the job."""
        if name in self._tasks:
            self._tasks[name].cancel()
        elif self._records.state(name) is JobState.CANCELLING:
            self.begin(name)  # a job that was held has no task; this one only ends the job

    async def suspend(self, name: str) -> None:
        """End the processes of a job that is held, whose state stays as it is."""
        if task := self._tasks.get(name):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self, *, kills: bool) -> None:
        """End all tasks; the jobs keep their states.

        Args:
            kills: kill all processes at once, instead of letting each job end its own.
        """
        self._context.is_closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if kills:
            await self._context.launcher.kill_all()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(name, None)
        # A task that is cancelled before its first step runs none of its own code, so the job is ended here.
        if task.cancelled() and not self._context.is_closing and self._records.state(name) is JobState.CANCELLING:
            self._finish(name, JobState.CANCELLED, _CANCELLED)

    async def _run(self, name: str) -> None:
        is_closing = False
        try:
            fields = await self._drive(name)
        except asyncio.CancelledError:
            state, fields, is_closing = JobState.CANCELLED, {"error": _CANCELLED}, self._context.is_closing
        except JobTimedOut as error:
            status = status_of(RpcCode.DEADLINE_EXCEEDED, str(error))
            state, fields = JobState.CANCELLED, {"error": status}
        except JobFailed as error:
            state, fields = JobState.FAILED, {"error": status_of(error.code, error.message)}
            is_closing = self._context.is_closing  # the server killed the processes
        except ApiError as error:
            state, fields = JobState.FAILED, {"error": rpc_status(error)}
        except Exception as error:
            _log.exception("%s failed", name)
            status = status_of(RpcCode.INTERNAL, f"localgcp failed to run the job: {error!r}")
            state, fields = JobState.FAILED, {"error": status}
        else:
            state = JobState.SUCCEEDED
        if not is_closing:
            self._finish(name, state, **fields)
        self._context.launcher.slots.forget(name)

    async def _drive(self, name: str) -> Mapping[str, Any]:
        state = self._records.state(name)
        if state is JobState.CANCELLING:
            raise asyncio.CancelledError
        if state is JobState.QUEUED:
            self._records.move(name, JobState.PENDING)
        return await self._work.run(self._records.job(name))

    def _finish(self, name: str, state: JobState, error: Any = None, **fields: Any) -> None:
        """End a job; a job that is being cancelled ends as CANCELLED, whatever its processes did."""
        with self._records.lock:
            current = self._records.state(name)
            if is_final(current, JOB_MOVES) or name in self._records.holds:
                return
            if current is JobState.CANCELLING and state is not JobState.CANCELLED:
                state, error, fields = JobState.CANCELLED, _CANCELLED, {}
            elif current is not JobState.CANCELLING and state is JobState.CANCELLED:
                self._records.move(name, JobState.CANCELLING)
            self._work.end_parts(name)
            self._records.move(name, state, error=error, **fields)
        _log.info("%s ended as %s %s", name, state, error["message"] if error else "")
