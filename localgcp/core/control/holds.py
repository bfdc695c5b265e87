"""Jobs that stay in a state until they are let go, so that a test can see what waits for them."""

from localgcp.core.state.state import State
from localgcp.core.state.states import JobState

_NEW_JOBS = "newJobs"
# What has these states when it is let go waits for a core again.
GOES_ON_AS_PENDING = frozenset({JobState.PAUSED, JobState.UPDATING, JobState.UNSPECIFIED})


class Holds:
    """The names of held jobs, and the state that new jobs are held in; on disk."""

    def __init__(self, state: State) -> None:
        self._jobs = state.collection("lifecycle.held")
        self._settings = state.collection("lifecycle.settings")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._jobs

    def names(self) -> list[str]:
        """Return the held jobs, oldest hold first."""
        return self._jobs.names()

    def add(self, name: str) -> None:
        """Hold a job where it is."""
        self._jobs.put(name, {})

    def discard(self, name: str) -> None:
        """Hold a job no longer."""
        self._jobs.delete(name)

    @property
    def new_jobs(self) -> JobState | None:
        """Where new jobs are held; None where they are not."""
        found = self._settings.get(_NEW_JOBS)
        return JobState(found["state"]) if found else None

    def hold_new_jobs(self, state: JobState | None) -> None:
        """Hold every job that is created from now on in a state, or with None no more."""
        if state is None:
            self._settings.delete(_NEW_JOBS)
        else:
            self._settings.put(_NEW_JOBS, {"state": state.value})

    def admit(self, name: str) -> JobState:
        """Return the first state of a new job, and hold it where new jobs are held."""
        state = self.new_jobs
        if state is None:
            return JobState.QUEUED
        self.add(name)
        return state
