"""Watches the metric files of the trials that run."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localgcp.services.vertex.tuning.metric_file import Measurement, MetricFile

_POLL_S = 0.25


class MetricWatch:
    """The metric files of all running trials. Used on the launcher's event loop, but for `measurements`."""

    def __init__(self) -> None:
        self._watched: dict[tuple[str, str], tuple[MetricFile, Callable[[], None]]] = {}

    def measurements(self, job: str, trial_id: str) -> list[Measurement]:
        """Return what a trial has reported; an empty list for a trial that does not run."""
        found = self._watched.get((job, trial_id))
        return list(found[0].measurements) if found else []

    @contextmanager
    def watching(self, job: str, trial_id: str, file: MetricFile, on_change: Callable[[], None]) -> Iterator[None]:
        """Read the file of a trial while a block runs, and call back when the trial has reported something."""
        self._watched[job, trial_id] = (file, on_change)
        try:
            yield
        finally:
            del self._watched[job, trial_id]

    async def poll(self) -> None:
        """Read all watched files a few times a second, until this is cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            for file, on_change in list(self._watched.values()):
                if file.read():
                    on_change()
