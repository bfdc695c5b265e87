"""Left-over jobs: jobs of runs that have not ended."""

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, Sighting, see_job
from timberline.run.identity import RUN_LABEL


class Jobs:
    """The jobs that carry the label of a run, whichever service runs them."""

    def __init__(self, cloud: Cloud) -> None:
        self._jobs = cloud.jobs

    def sightings(self) -> list[Sighting]:
        """Return all jobs of runs: jobs that have ended show when their run was active."""
        return [see_job(status) for status in self._jobs.find({RUN_LABEL: None})]

    def remove(self, leftover: Leftover) -> bool:
        """Cancel a job; a job that has ended by itself, or is ending, is left alone."""
        found = self._jobs.find({RUN_LABEL: leftover.run_key})
        return bool(self._jobs.cancel(status.ref for status in found if status.ref.name == leftover.name))
