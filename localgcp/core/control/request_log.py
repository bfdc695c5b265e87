"""The calls that a server has answered, for tests and for people who inspect a run."""

from collections import deque
from dataclasses import dataclass
from typing import Any

_MOST_REQUESTS = 20_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One answered call.

    Attributes:
        method: the method id, or verb and path if no method has that path.
        status: the HTTP status; 0 if a fault dropped the connection.
    """

    method: str
    verb: str
    path: str
    status: int


class RequestLog:
    """The most recent calls, oldest first. Safe for threads."""

    def __init__(self) -> None:
        self._requests: deque[RecordedRequest] = deque(maxlen=_MOST_REQUESTS)

    def add(self, request: RecordedRequest) -> None:
        """Record a call; the oldest one is dropped if the log is full."""
        self._requests.append(request)

    def requests(self, method: str = "") -> list[RecordedRequest]:
        """Return the recorded calls of a method, or of all methods."""
        return [request for request in list(self._requests) if method in ("", request.method)]

    def to_json(self, method: str = "") -> dict[str, Any]:
        """Return what the admin API shows; see `requests`."""
        return {
            "requests": [
                {"method": call.method, "verb": call.verb, "path": call.path, "status": call.status}
                for call in self.requests(method)
            ]
        }
