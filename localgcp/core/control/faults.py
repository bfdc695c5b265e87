"""Faults on request: a test names a method and a failure, and asks later whether the failure has happened.

The failures are those of production: an error response (`error`), a connection that is cut before or after the service
did the work (`drop`), a late response (`stall`), and a killed server (`kill`).
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import injected, invalid_argument, not_found


class Action(StrEnum):
    """The kind of a failure."""

    ERROR = "error"
    DROP = "drop"
    STALL = "stall"
    KILL = "kill"


# The fields besides the method: the expected value in words, and a check of a value.
_FIELDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "action": ("text", lambda value: isinstance(value, str)),
    "appliesFirst": ("true or false", lambda value: isinstance(value, bool)),
    "status": ("an HTTP status from 400 to 599", lambda value: type(value) is int and 400 <= value <= 599),
    "seconds": ("a number from 0", lambda value: type(value) in (int, float) and value >= 0),
    "count": ("a whole number from 1", lambda value: type(value) is int and value >= 1),
}


class ConnectionDropped(Exception):
    """The server has to close the connection without a response."""


@dataclass(kw_only=True, slots=True)
class Fault:
    """One fault that a test has asked for.

    Attributes:
        method: the method id, for example `aiplatform.projects.locations.customJobs.create`.
        action: the kind of the failure.
        applies_first: the service does the work before the fault happens; otherwise the service is not called.
        status: the HTTP status of an `error`.
        seconds: how long a `stall` lasts.
        remaining: how many more calls fail.
    """

    id: str
    method: str
    action: Action
    applies_first: bool = False
    status: int = 503
    seconds: float = 5.0
    remaining: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return what the admin API shows."""
        return {
            "id": self.id, "method": self.method, "action": self.action.value, "appliesFirst": self.applies_first,
            "status": self.status, "seconds": self.seconds, "remaining": self.remaining,
        }  # fmt: skip


class Faults:
    """The faults that tests have asked for."""

    def __init__(self, method_ids: set[str]) -> None:
        self._method_ids = method_ids
        self._faults: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def add(self, raw: dict[str, Any]) -> Fault:
        """Register a fault from the admin API.

        Raises:
            ApiError: 400 for an unknown method, action or field.
        """
        if unknown := set(raw) - {"method", *_FIELDS}:
            raise invalid_argument(f"A fault has no field {', '.join(sorted(unknown))}.")
        if raw.get("method") not in self._method_ids:
            raise invalid_argument(f"No served API has a method {raw.get('method')!r}.")
        if raw.get("action") not in list(Action):
            raise invalid_argument(f"A fault's action is one of {', '.join(Action)}, not {raw.get('action')!r}.")
        for name, (expected, holds) in _FIELDS.items():
            if name in raw and not holds(raw[name]):
                raise invalid_argument(f"A fault's {name} is {expected}, not {raw[name]!r}.")
        fault = Fault(
            id=uuid4().hex,
            method=raw["method"],
            action=Action(raw["action"]),
            applies_first=raw.get("appliesFirst", False),
            status=raw.get("status", 503),
            seconds=raw.get("seconds", 5.0),
            remaining=raw.get("count", 1),
        )
        with self._lock:
            self._faults[fault.id] = fault
        return fault

    def get(self, fault_id: str) -> Fault:
        """Return a fault; `remaining` 0 means that it was consumed.

        Raises:
            ApiError: 404.
        """
        fault = self._faults.get(fault_id)
        if fault is None:
            raise not_found(f"No fault {fault_id}.")
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method_id: str) -> Fault | None:
        """Consume one call of the oldest fault for a method; return None if no fault is left."""
        with self._lock:
            for fault in self._faults.values():
                if fault.method == method_id and fault.remaining > 0:
                    fault.remaining -= 1
                    return fault
        return None


def inject(fault: Fault) -> None:
    """Carry out a fault in the thread of its request.

    Raises:
        ApiError: the error response of an `error`.
        ConnectionDropped: the fault is a `drop`.
    """
    if fault.action is Action.ERROR:
        raise injected(fault.status, fault.method)
    if fault.action is Action.DROP:
        raise ConnectionDropped
    if fault.action is Action.STALL:
        time.sleep(fault.seconds)
    if fault.action is Action.KILL:
        os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["Action", "ConnectionDropped", "Fault", "Faults", "inject"]
