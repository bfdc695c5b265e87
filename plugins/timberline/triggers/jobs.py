"""Polls remote jobs while a `JobsSensor` is deferred."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from timberline.jobs.waiting import WaitReason
from timberline.jobs.watch import JobsWatch, WatchedJobs
from timberline.run.compat import HAS_TRIGGER_ON_KILL, in_thread, task_is_still_deferred
from timberline.run.transience import jittered


class JobsTrigger(BaseTrigger):
    """Fires once: when a group of jobs has ended, when the deadline has passed, or when polling has failed.

    The event has only the reason: the sensor asks the service again. Polls run in a thread with the same synchronous
    client as everywhere else. An asynchronous client would gain nothing, as one poll is one call for the whole group.
    """

    def __init__(self, **watched: Any) -> None:
        """Args: watched: the JSON form of `WatchedJobs`, which is a wire format."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.watched = WatchedJobs.from_json(watched)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        return ("timberline.triggers.jobs.JobsTrigger", self.watched.to_json())

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is nothing to wait for."""
        watch = self._watch()
        try:
            while True:
                poll = await in_thread(watch.poll)
                if poll.reason is not None:
                    yield _event(poll.reason)
                    return
                await asyncio.sleep(jittered(poll.pause_s))
        except asyncio.CancelledError:
            # A triggerer that stops cancels its triggers too; another triggerer then goes on watching the jobs.
            if not HAS_TRIGGER_ON_KILL and not await task_is_still_deferred(self.task_instance):
                await self.on_kill()
            raise
        except Exception as error:
            self.log.exception("the jobs cannot be watched")
            yield _event(WaitReason.ERROR, message=str(error))

    async def on_kill(self) -> None:
        """Cancel the unfinished jobs, unless the sensor keeps them: a person marked the waiting task or cleared it."""
        if self.watched.cancel_on_kill:
            self.log.info("a person ended the wait; cancelling its jobs")
            await in_thread(self._watch().cancel_unfinished)

    def _watch(self) -> JobsWatch:
        from timberline.hooks.remote_jobs import watch_jobs

        return watch_jobs(self.watched, self.log)


def _event(reason: WaitReason, **details: str) -> TriggerEvent:
    return TriggerEvent({"reason": reason.value, **details})  # type: ignore[no-untyped-call]
