"""Long-running operations of Vertex AI: status and waiting."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from timberline.hooks.vertex import CALL_TIMEOUT_S
from timberline.run.errors import ServiceUnavailable
from timberline.run.transience import jittered, retried

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto: no machine at the moment, or no answer.
_PASSING_CODES = frozenset({8, 14})


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationStatus:
    """The status of an operation.

    Attributes:
        name: `projects/.../operations/<id>`.
        done: whether the operation has ended.
        error: why the operation failed; None unless it failed.
        may_pass: whether a new operation may succeed after this failure.
    """

    name: str
    done: bool
    error: str | None = None
    may_pass: bool = False


def read_operation(client: Any, name: str, *, sleep: Callable[[float], object] = time.sleep) -> OperationStatus:
    """Return the status of an operation.

    Args:
        client: any of Vertex AI's clients.
        name: the operation.
        sleep: waits between tries; tests pass a function that does not wait.

    Raises:
        ServiceUnavailable: the service did not answer.
    """
    from google.api_core.exceptions import NotFound

    try:
        message = retried(
            lambda: client.get_operation({"name": name}, timeout=CALL_TIMEOUT_S, retry=None), name, sleep=sleep
        )
    except NotFound:
        return OperationStatus(name=name, done=True, error="the operation does not exist any more", may_pass=True)
    if not message.HasField("error"):
        return OperationStatus(name=name, done=message.done)
    error = message.error
    return OperationStatus(
        name=name, done=message.done, error=error.message or str(error), may_pass=error.code in _PASSING_CODES
    )


def watched_operation(
    client: Any, name: str, *, patience_s: float, sleep: Callable[[float], object] = time.sleep
) -> OperationStatus:
    """Return the status of an operation when it has ended, or after `patience_s` seconds.

    Raises:
        ServiceUnavailable: the service did not answer.
    """
    deadline = time.monotonic() + patience_s
    pause_s = _FIRST_PAUSE_S
    while True:
        status = read_operation(client, name, sleep=sleep)
        left_s = deadline - time.monotonic()
        if status.done or left_s <= 0:
            return status
        time.sleep(min(jittered(pause_s), left_s))
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def settled_operation(
    client: Any, name: str, *, patience_s: float, sleep: Callable[[float], object] = time.sleep
) -> OperationStatus:
    """Return the status of an operation that has ended, whether it failed or not.

    Raises:
        ServiceUnavailable: the operation did not end within `patience_s` seconds, or the service did not answer.
    """
    status = watched_operation(client, name, patience_s=patience_s, sleep=sleep)
    if not status.done:
        raise ServiceUnavailable(f"{name} is not done after {patience_s:.0f} s; try again later")
    return status
