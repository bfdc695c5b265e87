"""Jobs that stay in a state until they are released, so that a test can see how clients handle that state."""

from localgcp.core.state.state import State
from localgcp.core.state.states import JobState

_NEW_JOBS = "newJobs"
# A job that is released in one of these states becomes PENDING.
RELEASED_AS_PENDING = frozenset({JobState.PAUSED, JobState.UPDATING, JobState.UNSPECIFIED})


class Holds:
    """The names of the held jobs, and the state in which new jobs are held; both survive a restart."""

    def __init__(self, state: State) -> None:
        self._jobs = state.collection("lifecycle.held")
        self._settings = state.collection("lifecycle.settings")
        self._settings.records(lambda raw: JobState(raw["state"]))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._jobs

    def names(self) -> list[str]:
        """Return the held jobs, oldest hold first."""
        return self._jobs.names()

    def add(self, name: str) -> None:
        """Hold a job in its present state."""
        self._jobs.put(name, {})

    def discard(self, name: str) -> None:
        """Stop holding a job; nothing happens if it is not held."""
        self._jobs.delete(name)

    @property
    def new_jobs(self) -> JobState | None:
        """The state in which new jobs are held, or None if new jobs run."""
        found = self._settings.get(_NEW_JOBS)
        return JobState(found["state"]) if found else None

    def hold_new_jobs(self, state: JobState | None) -> None:
        """Hold every job that is created from now on in a state; None lets new jobs run."""
        if state is None:
            self._settings.delete(_NEW_JOBS)
        else:
            self._settings.put(_NEW_JOBS, {"state": state.value})

    def first_state(self, name: str) -> JobState:
        """Return the first state of a new job; hold the job if new jobs are held."""
        state = self.new_jobs
        if state is None:
            return JobState.QUEUED
        self.add(name)
        return state
