"""Which failures may pass."""

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import RefreshError, TransportError

from timberline.run.errors import ServiceUnavailable
from timberline.run.transience import brief, is_transient, jittered, pauses, retried

_PASSING = [
    exceptions.TooManyRequests("x"),
    exceptions.InternalServerError("x"),
    exceptions.BadGateway("x"),
    exceptions.ServiceUnavailable("x"),
    exceptions.GatewayTimeout("x"),
    requests.ConnectionError("x"),
    requests.Timeout("x"),
    TransportError("x"),  # type: ignore[no-untyped-call]
    ConnectionResetError("x"),
    TimeoutError("x"),
]
_LASTING = [
    exceptions.BadRequest("x"),
    exceptions.Forbidden("x"),
    exceptions.NotFound("x"),
    exceptions.Conflict("x"),
    exceptions.MethodNotImplemented("x"),
    RefreshError("x"),  # type: ignore[no-untyped-call]
    ValueError("x"),
    KeyError("x"),
]


@pytest.mark.parametrize("error", _PASSING, ids=lambda error: type(error).__name__)
def test_what_may_pass_is_tried_again(error: Exception, no_pause: object) -> None:
    answers = iter([error, error, "done"])

    def call() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert is_transient(error)
    assert retried(call, "call", sleep=no_pause) == "done"  # type: ignore[arg-type]
    assert len(no_pause.asked) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", _LASTING, ids=lambda error: type(error).__name__)
def test_what_stays_is_raised_at_once(error: Exception, no_pause: object) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        retried(call, "call", sleep=no_pause)  # type: ignore[arg-type]
    assert no_pause.asked == []  # type: ignore[attr-defined]


def test_after_the_last_try_the_error_names_the_call_and_the_cause(no_pause: object) -> None:
    def call() -> None:
        raise exceptions.ServiceUnavailable("come back later")

    with pytest.raises(ServiceUnavailable, match=r"listing jobs: no answer in 6 tries.*come back later"):
        retried(call, "listing jobs", sleep=no_pause)  # type: ignore[arg-type]


def test_pauses_grow_with_jitter() -> None:
    for first, second in zip(list(pauses()), [0.5, 1, 2, 4, 8], strict=True):
        assert second / 2 <= first <= second
    assert 5 <= jittered(10) <= 10


def test_a_page_of_an_error_is_one_line() -> None:
    assert brief(ValueError("first\nsecond")) == "first"
    assert len(brief(ValueError("x" * 1000))) < 310
