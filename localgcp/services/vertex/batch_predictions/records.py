"""Batch prediction jobs on disk, and the moves of their states."""

from collections.abc import Container
from typing import Any

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import JOB_MOVES, JobState, check_move, is_final

Job = dict[str, Any]


class Records:
    """The stored jobs under their resource names."""

    def __init__(self, state: State, holds: Container[str] = ()) -> None:
        self._holds = holds
        self.lock = state.lock
        self._jobs = state.collection("batchprediction.jobs")

    def job(self, name: str) -> Job:
        """Return a job.

        Raises:
            ApiError: 404.
        """
        found = self._jobs.get(name)
        if found is None:
            raise not_found(f"The BatchPredictionJob {name} does not exist.")
        return found

    def jobs(self, prefix: str = "") -> list[Job]:
        """Return the jobs under a parent, oldest first."""
        return self._jobs.values(prefix)

    def state(self, name: str) -> JobState:
        """Return the state of a job."""
        return JobState(self.job(name)["state"])

    def add(self, job: Job) -> None:
        """Store a new job."""
        self._jobs.put(job["name"], job)

    def remove(self, name: str) -> None:
        """Delete a job."""
        self._jobs.delete(name)

    def move(self, name: str, state: JobState, **fields: Any) -> None:
        """Bring a job into its next state, with its times; one that has ended or is held stays as it is.

        Args:
            fields: what else is known now; empty values are left out.

        Raises:
            IllegalMove: the state cannot come next.
        """
        with self.lock:
            job = self.job(name)
            current = JobState(job["state"])
            if name in self._holds or is_final(current, JOB_MOVES) or current is state:
                return
            check_move(current, state, JOB_MOVES)
            self.bring(name, state, **fields)

    def bring(self, name: str, state: JobState, **fields: Any) -> None:
        """Bring a job into any state, whatever it is in."""
        moved = self.job(name) | {key: value for key, value in fields.items() if value}
        moved |= {"state": state.value, "updateTime": CLOCK.text()}
        if state is JobState.RUNNING:
            moved["startTime"] = moved["updateTime"]
        if is_final(state, JOB_MOVES):
            moved["endTime"] = moved["updateTime"]
        self._jobs.put(name, moved)
