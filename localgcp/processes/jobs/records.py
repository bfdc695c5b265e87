"""Jobs on disk: resources with a state, a creation time and an end, under their resource names."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import JOB_MOVES, JobState, check_move, is_final

Job = dict[str, Any]


class StoredJobs:
    """The stored jobs of one or several collections. Hold `lock` from a read to the write that depends on it."""

    def __init__(self, state: State, kind: str, messages: Mapping[str, str]) -> None:
        """Read the stored jobs.

        Args:
            kind: the name of the state's collection.
            messages: the API's name of a job by the collection in its resource name, for example
                `{"customJobs": "CustomJob"}`.
        """
        self.lock = state.lock
        self._messages = messages
        self._stored = state.collection(kind)
        self._stored.records(self.check)

    def check(self, job: Job) -> None:
        """Read the fields of a stored job that a start of the server needs; an exception leaves the job out."""
        for field in ("name", "state", "createTime"):
            job[field]

    def job(self, name: str) -> Job:
        """Return a job as it is stored.

        Raises:
            ApiError: 404.
        """
        found = self._stored.get(name)
        if found is None:
            collection = name.split("/")[-2] if "/" in name else ""
            message = self._messages.get(collection) or next(iter(self._messages.values()))
            raise not_found(f"The {message} {name} does not exist.")
        return found

    def jobs(self, prefix: str = "") -> list[Job]:
        """Return the jobs whose resource names start with a prefix, oldest first."""
        return self._stored.values(prefix)

    def has_ended(self, name: str) -> bool:
        """Return whether a job is in a state that no other state follows.

        Raises:
            ApiError: 404.
        """
        return is_final(JobState(self.job(name)["state"]), JOB_MOVES)

    def unfinished(self) -> list[str]:
        """Return the names of the jobs that have not ended, oldest first."""
        return [name for name in self._stored.names() if not self.has_ended(name)]

    def add(self, job: Job) -> None:
        """Store a new job."""
        self._stored.put(job["name"], job)

    def put(self, job: Job) -> None:
        """Store a changed job."""
        self._stored.put(job["name"], job)

    def remove(self, name: str) -> None:
        """Delete a job."""
        self._stored.delete(name)


class JobRecords(StoredJobs):
    """Jobs whose states are `JobState`, and the moves between these states.

    Attributes:
        holds: the names of jobs that stay in their state until they are released.
        listener: called with the name of a job after each change of its state, while the lock is held.
    """

    def __init__(self, state: State, kind: str, messages: Mapping[str, str], holds: Container[str] = ()) -> None:
        super().__init__(state, kind, messages)
        self.holds = holds
        self.listener: Callable[[str], None] = lambda _name: None

    def check(self, job: Job) -> None:
        """See `StoredJobs.check`."""
        super().check(job)
        JobState(job["state"])

    def state(self, name: str) -> JobState:
        """Return the state of a job.

        Raises:
            ApiError: 404.
        """
        return JobState(self.job(name)["state"])

    def move(self, name: str, state: JobState, **fields: Any) -> None:
        """Move a job to its next state; a job that is held, has ended or is in that state already stays as it is.

        Args:
            fields: other fields of the job that are known now; empty values are left out.

        Raises:
            IllegalMove: the state cannot follow the present one.
        """
        with self.lock:
            current = self.state(name)
            if name in self.holds or is_final(current, JOB_MOVES) or current is state:
                return
            check_move(current, state, JOB_MOVES)
            self.set_state(name, state, **fields)

    def set_state(self, name: str, state: JobState, **fields: Any) -> None:
        """Put a job into any state from any other, with the times that belong to the new state."""
        with self.lock:
            time = CLOCK.text()
            moved = self.job(name) | {key: value for key, value in fields.items() if value}
            moved |= {"state": state.value, "updateTime": time}
            if state is JobState.RUNNING:
                moved["startTime"] = time
            if is_final(state, JOB_MOVES):
                moved["endTime"] = time
            self.put(moved)
            self.listener(name)
