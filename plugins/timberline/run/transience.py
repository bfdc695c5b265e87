"""Which failures of a call may be gone at the next one, and how long to wait for that."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from timberline.run.errors import ServiceUnavailable

T = TypeVar("T")

# https://google.aip.dev/194 and the services' own advice; 502 is what load balancers answer for a backend that is away.
_TRANSIENT_CODES = frozenset({429, 500, 502, 503, 504})
_CONNECTION_ERRORS = frozenset({"ConnectionError", "Timeout", "TransportError", "RetryError", "ChunkedEncodingError"})
_ATTEMPTS = 6
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
_BRIEF_CHARACTERS = 300


def is_transient(error: BaseException) -> bool:
    """Tell whether a call may succeed when it is made again.

    Told by HTTP code and by class name (requests', google-auth's, google-api-core's), so that none of them is imported.
    """
    code = getattr(error, "code", None)
    if code is not None:
        return code in _TRANSIENT_CODES
    if isinstance(error, ConnectionError | TimeoutError | ServiceUnavailable):
        return True
    return any(base.__name__ in _CONNECTION_ERRORS for base in type(error).__mro__)


def brief(error: BaseException) -> str:
    """Return the first line of an error, for a log line; some services answer with pages."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= _BRIEF_CHARACTERS else f"{line[:_BRIEF_CHARACTERS]}..."


def pauses(attempts: int = _ATTEMPTS) -> Iterator[float]:
    """Return the seconds to wait between `attempts` tries: doubling, each with jitter of a half."""
    for attempt in range(attempts - 1):
        yield jittered(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))


def jittered(seconds: float) -> float:
    """Return between a half and all of `seconds`, so that many waiters do not call at once."""
    return seconds * random.uniform(0.5, 1.0)


def retried(call: Callable[[], T], what: str, *, sleep: Callable[[float], object] = time.sleep) -> T:
    """Return the result of a call that may be made twice without harm, made again after transient failures.

    Args:
        call: the call.
        what: what the message calls it.
        sleep: waits; tests pass one that does not.

    Raises:
        ServiceUnavailable: every try failed.
    """
    for pause in pauses():
        try:
            return call()
        except Exception as error:  # anything that is not transient goes on to the caller
            if not is_transient(error):
                raise
            sleep(pause)
    try:
        return call()
    except Exception as error:
        if not is_transient(error):
            raise
        raise ServiceUnavailable(f"{what}: no answer in {_ATTEMPTS} tries, the last time {brief(error)}") from error
