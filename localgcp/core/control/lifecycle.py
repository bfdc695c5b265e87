"""Puts jobs into any state on request, so that a test can see how clients handle that state."""

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from localgcp.core.control.holds import Holds
from localgcp.core.conventions.errors import RpcCode, invalid_argument, not_found, status_of
from localgcp.core.state.states import JobState

_FIRST_STATES = (JobState.QUEUED, JobState.PENDING)
_BY_REQUEST = "The job was brought into this state by /localgcp/lifecycle."
# The states that come with a google.rpc.Status.
_CODES = {
    JobState.FAILED: RpcCode.INTERNAL,
    JobState.CANCELLED: RpcCode.CANCELLED,
    JobState.EXPIRED: RpcCode.DEADLINE_EXCEEDED,
}


class HoldableJobs(Protocol):
    """The jobs of one collection."""

    def set_state(self, name: str, state: JobState, error: Mapping[str, Any] | None) -> None:
        """Put a job into a state and hold it there; return when its processes have ended."""

    def release(self, name: str) -> None:
        """Stop holding a job, and let it run."""


class Lifecycle:
    """The admin API for the states of jobs."""

    def __init__(self, holds: Holds, jobs: Mapping[str, HoldableJobs]) -> None:
        """Take the jobs by the collection in their resource names, for example `customJobs`."""
        self._holds = holds
        self._jobs = jobs
        self._lock = threading.Lock()

    def to_json(self) -> dict[str, Any]:
        """Return the held jobs, and the state in which new jobs are held."""
        state = self._holds.new_jobs
        return ({"hold": state.value} if state else {}) | {"jobs": self._holds.names()}

    def change(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an admin request: `name`, `state` and perhaps `error`, or `hold`.

        Raises:
            ApiError: 400 for an unknown field or state, or a job that has ended; 404 for an unknown job.
        """
        if unknown := set(raw) - {"name", "state", "error", "hold"}:
            raise invalid_argument(f"A lifecycle request has no field {', '.join(sorted(unknown))}.")
        if "hold" in raw and len(raw) > 1:
            raise invalid_argument("A lifecycle request has either hold, or name and state.")
        with self._lock:
            if "hold" in raw:
                self._hold_new_jobs(_state("hold", raw["hold"]))
            else:
                self._set_state(raw)
        return self.to_json()

    def release(self, name: str) -> dict[str, Any]:
        """Let one held job run; an empty name releases all jobs, new ones included.

        Raises:
            ApiError: 404 for a job that is not held.
        """
        with self._lock:
            if not name:
                self._holds.hold_new_jobs(None)
            elif name not in self._holds:
                raise not_found(f"No job {name} is held.")
            for each in [name] if name else self._holds.names():
                self._of(each).release(each)
        return self.to_json()

    def _hold_new_jobs(self, state: JobState) -> None:
        if state not in _FIRST_STATES:
            raise invalid_argument(f"hold: new jobs can be held in {' or '.join(_FIRST_STATES)}, not in {state}.")
        self._holds.hold_new_jobs(state)

    def _set_state(self, raw: Mapping[str, Any]) -> None:
        name, state = raw.get("name"), _state("state", raw.get("state"))
        if not isinstance(name, str):
            raise invalid_argument(f"name: expected the resource name of a job, found {name!r}.")
        error = raw.get("error") or (status_of(_CODES[state], _BY_REQUEST) if state in _CODES else None)
        if error is not None and not _is_status(error):
            raise invalid_argument(f"error: expected a code (a number) and a message, found {error!r}.")
        self._of(name).set_state(name, state, error)

    def _of(self, name: str) -> HoldableJobs:
        """Return the jobs among which a resource name belongs."""
        parts = name.split("/")
        jobs = self._jobs.get(parts[-2]) if len(parts) > 1 else None
        if jobs is None:
            raise invalid_argument(f"name: expected a job of {', '.join(self._jobs)}, found {name!r}.")
        return jobs


def _state(field: str, value: object) -> JobState:
    try:
        return JobState(str(value))
    except ValueError:
        raise invalid_argument(f"{field}: expected one of {', '.join(JobState)}, found {value!r}.") from None


def _is_status(error: object) -> bool:
    return (
        isinstance(error, dict)
        and set(error) == {"code", "message"}
        and type(error["code"]) is int
        and isinstance(error["message"], str)
    )
