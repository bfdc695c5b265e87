"""Runs all jobs on one event loop in a thread of its own."""

import asyncio
import logging
import threading
from collections.abc import Mapping

from localgcp.core.http.context import Context
from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.processes.launcher import Launcher, Workshop
from localgcp.processes.slots import SlotPool
from localgcp.services.vertex.jobs.custom_run import run_custom_job
from localgcp.services.vertex.jobs.metric_file import Measurement
from localgcp.services.vertex.jobs.programs import Programs
from localgcp.services.vertex.jobs.records import Records
from localgcp.services.vertex.jobs.site import (
    CODE_CANCELLED,
    CODE_DEADLINE_EXCEEDED,
    CODE_INTERNAL,
    JobFailed,
    JobTimedOut,
    Site,
)
from localgcp.services.vertex.tuning.tuning_run import TuningRun

_log = logging.getLogger(__name__)
_CANCELLED = "The job was cancelled."


class Runner:
    """Takes jobs from the threads of requests; they run until they end or the server does.

    Attributes:
        workshop: where the processes are started, for what else starts some.
    """

    def __init__(self, context: Context, programs: Programs, records: Records, client: Mapping[str, str]) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            client: the variables by which clients find this server.
        """
        folder = context.state.folder("vertex")
        self._records = records
        self._site = Site(
            records=records, programs=programs, slots=SlotPool(context.settings.cpu_slots), launcher=Launcher(folder),
            folder=folder, client=client,
        )  # fmt: skip
        self._loop = asyncio.new_event_loop()
        self.workshop = Workshop(loop=self._loop, launcher=self._site.launcher, client=client)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._serve, name="localgcp-vertex", daemon=True)

    def start(self) -> None:
        """Start the thread, and take up the jobs that an earlier server left."""
        self._thread.start()
        for job in self._records.jobs():
            if not is_final(JobState(job["state"]), JOB_MOVES):
                self.submit(job["name"])

    def stop(self) -> None:
        """Kill what runs; the jobs keep their states."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        else:
            self._loop.close()

    def submit(self, name: str) -> None:
        """Let a stored job run."""
        self._loop.call_soon_threadsafe(self._begin, name)

    def cancel(self, name: str) -> None:
        """End the processes of a job, which is in state CANCELLING, and then the job."""
        self._loop.call_soon_threadsafe(self._cancel, name)

    def park(self, name: str) -> None:
        """End the processes of a job, whose state stays as it is, and return when they are gone."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._park(name), self._loop).result()

    def measurements(self, job_name: str, trial_id: str) -> list[Measurement]:
        """Return what a trial that runs has reported."""
        return list(self._site.live.get((job_name, trial_id), ()))

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        poller = self._loop.create_task(self._site.poll())
        self._loop.run_forever()
        poller.cancel()
        self._loop.run_until_complete(asyncio.gather(poller, return_exceptions=True))
        self._loop.close()

    async def _close(self) -> None:
        self._site.is_closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await self._site.launcher.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _park(self, name: str) -> None:
        if task := self._tasks.get(name):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _begin(self, name: str) -> None:
        if name in self._records.holds:
            return
        task = self._loop.create_task(self._run(name))
        self._tasks[name] = task
        task.add_done_callback(lambda ended: self._forget(name, ended))

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(name, None)
        # One that was cancelled before its first step has not run its own code, which would have ended the job.
        if task.cancelled() and not self._site.is_closing and self._records.job_state(name) is JobState.CANCELLING:
            self._site.finish(name, JobState.CANCELLED, _CANCELLED, CODE_CANCELLED)

    def _cancel(self, name: str) -> None:
        if name in self._tasks:
            self._tasks[name].cancel()
        elif self._records.job_state(name) is JobState.CANCELLING:
            self._begin(name)  # it was held, and only has to end

    async def _run(self, name: str) -> None:
        site = self._site
        try:
            await self._drive(name)
        except asyncio.CancelledError:
            if not site.is_closing:
                site.finish(name, JobState.CANCELLED, _CANCELLED, CODE_CANCELLED)
        except JobTimedOut as error:
            site.finish(name, JobState.CANCELLED, str(error), CODE_DEADLINE_EXCEEDED)
        except JobFailed as error:
            if not site.is_closing:
                site.finish(name, JobState.FAILED, error.message, error.code)
        except Exception as error:
            _log.exception("%s failed", name)
            site.finish(name, JobState.FAILED, f"localgcp failed to run the job: {error!r}", CODE_INTERNAL)
        else:
            site.finish(name, JobState.SUCCEEDED)
        site.slots.forget(name)

    async def _drive(self, name: str) -> None:
        state = self._records.job_state(name)
        if state is JobState.CANCELLING:
            raise asyncio.CancelledError
        if state is JobState.QUEUED:
            self._records.move_job(name, JobState.PENDING)
        job = self._records.job(name)
        if "jobSpec" in job:
            await run_custom_job(self._site, job)
        else:
            await TuningRun(self._site, job).run()
