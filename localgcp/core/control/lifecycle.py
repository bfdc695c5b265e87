"""Brings jobs into any state on request, for tests of what waits for them."""

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from localgcp.core.control.holds import Holds
from localgcp.core.http.errors import invalid_argument, not_found
from localgcp.core.state.states import JobState

_FIRST = (JobState.QUEUED, JobState.PENDING)
_BY_REQUEST = "The job was brought into this state by /localgcp/lifecycle."
# Of google.rpc.Status, for the states that come with one.
_CODES = {JobState.FAILED: 13, JobState.CANCELLED: 1, JobState.EXPIRED: 4}


class Jobs(Protocol):
    """A store of jobs."""

    def bring(self, name: str, state: JobState, error: Mapping[str, Any] | None) -> None:
        """Bring a job into a state and hold it there; its processes have ended when this returns."""

    def let_go(self, name: str) -> None:
        """Hold a job no longer, and let it run."""


class Lifecycle:
    """The admin API for the states of jobs."""

    def __init__(self, holds: Holds, stores: Mapping[str, Jobs]) -> None:
        """Take the stores by the collections of their resource names, for example `customJobs`."""
        self._holds = holds
        self._stores = stores
        self._lock = threading.Lock()

    def to_json(self) -> dict[str, Any]:
        """Return what is held."""
        state = self._holds.new_jobs
        return ({"hold": state.value} if state else {}) | {"jobs": self._holds.names()}

    def change(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the admin API is asked for: `name`, `state` and perhaps `error`, or `hold`.

        Raises:
            ApiError: 400 for a field or state that there is not, or a job that has ended; 404 for the job.
        """
        if unknown := set(raw) - {"name", "state", "error", "hold"}:
            raise invalid_argument(f"A lifecycle request has no field {', '.join(sorted(unknown))}.")
        if "hold" in raw and len(raw) > 1:
            raise invalid_argument("A lifecycle request has either hold, or name and state.")
        with self._lock:
            if "hold" in raw:
                self._hold(_state("hold", raw["hold"]))
            else:
                self._bring(raw)
        return self.to_json()

    def let_go(self, name: str) -> dict[str, Any]:
        """Let one held job run; without a name all of them, and new jobs too.

        Raises:
            ApiError: 404 for a job that is not held.
        """
        with self._lock:
            if not name:
                self._holds.hold_new_jobs(None)
            elif name not in self._holds:
                raise not_found(f"No job {name} is held.")
            for each in [name] if name else self._holds.names():
                self._store(each).let_go(each)
        return self.to_json()

    def _hold(self, state: JobState) -> None:
        if state not in _FIRST:
            raise invalid_argument(f"hold: new jobs can be held in {' or '.join(_FIRST)}, not in {state}.")
        self._holds.hold_new_jobs(state)

    def _bring(self, raw: Mapping[str, Any]) -> None:
        name, state = raw.get("name"), _state("state", raw.get("state"))
        if not isinstance(name, str):
            raise invalid_argument(f"name: expected the resource name of a job, found {name!r}.")
        error = raw.get("error") or ({"code": _CODES[state], "message": _BY_REQUEST} if state in _CODES else None)
        if error is not None and not _is_status(error):
            raise invalid_argument(f"error: expected a code (a number) and a message, found {error!r}.")
        self._store(name).bring(name, state, error)

    def _store(self, name: str) -> Jobs:
        parts = name.split("/")
        store = self._stores.get(parts[-2]) if len(parts) > 1 else None
        if store is None:
            raise invalid_argument(f"name: expected a job of {', '.join(self._stores)}, found {name!r}.")
        return store


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
