"""The admin API below /localgcp/: faults, recorded requests, states of jobs, the clock, a snapshot, a reset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localgcp.core.control.faults import Faults
from localgcp.core.control.lifecycle import Lifecycle
from localgcp.core.control.request_log import RequestLog
from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK, clock_cannot_go_back

PREFIX = "/localgcp/"
RESET = f"{PREFIX}reset"

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminRequest:
    """One request to the admin API.

    Attributes:
        path: the percent-encoded path; it starts with `PREFIX`.
        body: parses the body as a JSON object; raises a 400 for any other body.
    """

    verb: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: Callable[[], Resource]


@dataclass(frozen=True, kw_only=True, slots=True)
class Admin:
    """The admin API of one server.

    Attributes:
        snapshot: returns what `localgcp status` shows.
        reset: forgets all state.
    """

    faults: Faults
    requests: RequestLog
    lifecycle: Lifecycle
    snapshot: Callable[[], Resource]
    reset: Callable[[], None]

    def answer(self, request: AdminRequest) -> Resource:
        """Answer one request with a JSON object.

        Raises:
            ApiError: 404 for a path that the admin API does not have; 400 for a request that it refuses.
        """
        verb, (name, _, rest) = request.verb, request.path.removeprefix(PREFIX).partition("/")
        if (verb, request.path) == ("POST", RESET):
            self.reset()
            return {}
        if (verb, name) == ("GET", "requests"):
            return self.requests.to_json((request.query.get("method") or [""])[-1])
        if (verb, name) == ("GET", "status"):
            return self.snapshot()
        if name == "faults":
            return self._faults(request, rest)
        if name == "clock" and not rest:
            return self._clock(request)
        if name == "lifecycle":
            return self._lifecycle(request, rest)
        raise _no_such_path(request)

    def _faults(self, request: AdminRequest, fault_id: str) -> Resource:
        if request.verb == "POST":
            return self.faults.add(request.body()).to_json()
        if request.verb == "GET":
            return self.faults.get(fault_id).to_json()
        if request.verb == "DELETE":
            self.faults.clear()
            return {}
        raise _no_such_path(request)

    @staticmethod
    def _clock(request: AdminRequest) -> Resource:
        if request.verb == "GET":
            return CLOCK.to_json()
        if request.verb == "POST":
            return CLOCK.change(request.body())
        if request.verb == "DELETE":
            raise clock_cannot_go_back()
        raise _no_such_path(request)

    def _lifecycle(self, request: AdminRequest, job: str) -> Resource:
        if request.verb == "POST" and not job:
            return self.lifecycle.change(request.body())
        if request.verb == "DELETE":
            return self.lifecycle.release(job)
        if request.verb == "GET" and not job:
            return self.lifecycle.to_json()
        raise _no_such_path(request)


def _no_such_path(request: AdminRequest) -> Exception:
    return not_found(f"localgcp has no {request.verb} {request.path}.")
