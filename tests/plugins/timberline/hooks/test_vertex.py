"""Filters by labels, and refusals of Vertex AI."""

import pytest
from google.api_core.exceptions import BadRequest, Conflict, InternalServerError, TooManyRequests
from google.protobuf.json_format import ParseError

from timberline.hooks.vertex import labels_filter, refusals
from timberline.run.errors import InputError


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, ""),
        ({"a": "1"}, 'labels.a="1"'),
        ({"a": "1", "b": "2"}, 'labels.a="1" AND labels.b="2"'),
        ({"a": None, "b": "2"}, 'labels.a:* AND labels.b="2"'),
    ],
)
def test_a_filter_asks_for_all_labels(labels: dict[str, str | None], expected: str) -> None:
    assert labels_filter(labels) == expected


@pytest.mark.parametrize("error", [BadRequest("no such machine"), ParseError("no such machine")])
def test_a_refusal_is_an_input_error_with_the_words_of_the_service(error: Exception) -> None:
    with pytest.raises(InputError, match=r"^train 3: refused: no such machine$"), refusals("train 3: refused"):
        raise error


@pytest.mark.parametrize("error", [TooManyRequests("wait"), InternalServerError("oops"), KeyError("x")])
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)), refusals("refused"):
        raise error


def test_client_errors_that_the_caller_handles_pass() -> None:
    with pytest.raises(Conflict), refusals("refused", passing=(Conflict,)):
        raise Conflict("exists")
