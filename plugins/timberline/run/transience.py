"""Which failures of a call may be gone at the next try, and how long to wait before it. Pure."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception, stop_after_attempt

from timberline.run.errors import ServiceUnavailable

T = TypeVar("T")

# https://google.aip.dev/194 and the services' own advice; load balancers answer 502 when a backend is away.
_TRANSIENT_CODES = frozenset({429, 500, 502, 503, 504})
_CONNECTION_ERRORS = frozenset({"ConnectionError", "Timeout", "TransportError", "RetryError", "ChunkedEncodingError"})
_ATTEMPTS = 6
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
_BRIEF_CHARACTERS = 300


def is_transient(error: BaseException) -> bool:
    """Tell whether a call may succeed when it is made again.

    The HTTP code or the name of the error's class decides, so that no client library (requests, google-auth,
    google-api-core) has to be imported.
    """
    code = getattr(error, "code", None)
    if code is not None:
        return code in _TRANSIENT_CODES
    if isinstance(error, ConnectionError | TimeoutError | ServiceUnavailable):
        return True
    return any(base.__name__ in _CONNECTION_ERRORS for base in type(error).__mro__)


def brief(error: BaseException) -> str:
    """Return the first line of an error for a log line: some services answer with whole pages."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= _BRIEF_CHARACTERS else f"{line[:_BRIEF_CHARACTERS]}..."


def pauses(attempts: int = _ATTEMPTS) -> Iterator[float]:
    """Return the seconds to wait between `attempts` tries: each pause twice as long as the one before, with jitter."""
    return map(_pause_s, range(1, attempts))


def jittered(seconds: float) -> float:
    """Return between half and all of `seconds`, so that many waiting tasks do not call at once."""
    return seconds * random.uniform(0.5, 1.0)


def retried(call: Callable[[], T], what: str, *, sleep: Callable[[float], object] = time.sleep) -> T:
    """Return the result of a call that may be made twice without harm; try again after transient failures.

    Args:
        call: the call.
        what: what the message names the call.
        sleep: waits between tries; tests pass a function that does not wait.

    Raises:
        ServiceUnavailable: every try failed.
    """

    def pause_s(state: RetryCallState) -> float:
        return _pause_s(state.attempt_number)

    wait: Any = sleep  # its result is not used
    again, stop = retry_if_exception(is_transient), stop_after_attempt(_ATTEMPTS)
    try:
        return Retrying(retry=again, stop=stop, wait=pause_s, sleep=wait)(call)
    except RetryError as error:
        last = error.last_attempt.exception()
        assert last is not None
        raise ServiceUnavailable(f"{what}: no answer in {_ATTEMPTS} tries, the last time {brief(last)}") from last


def _pause_s(attempt: int) -> float:
    """Return the seconds to wait after a try that failed, the first of which is 1."""
    return jittered(min(_FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S))
