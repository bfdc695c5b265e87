"""Files of instances, and answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.ai_platform.serving.instances import read_instances, read_request, v1_answer
from timberline.run.errors import AiPlatformError

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(_values, min_size=1, max_size=20), st.sampled_from(["\n", "\r\n", "\n\n  \n"]), st.booleans())
def test_any_json_values_come_back(values: list[Any], end: str, ascii_only: bool) -> None:
    text = "".join(json.dumps(value, ensure_ascii=ascii_only) + end for value in values)
    assert read_instances(text, "x") == values


@given(st.lists(_values, min_size=1, max_size=20))
def test_a_whole_request_comes_back(values: list[Any]) -> None:
    assert read_request(json.dumps({"instances": values}), "x") == values


def test_a_byte_order_mark_is_no_part_of_the_first_instance() -> None:
    assert read_instances("\ufeff[1]\n", "x") == [[1]]
    assert read_request('\ufeff{"instances": [1]}', "x") == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]\n\n[2", r"^input\.json:3: expected one JSON value per line, found '\[2'; Expecting"),
        ("[1]\nNaN", r"^input\.json:2: .* found 'NaN'; NaN is not valid JSON"),
        (" \n", r"^input\.json: expected one instance per line, found none"),
        ("[" * 100_000, r"^input\.json:1: .*nested too deep|^input\.json:1: .*recursion"),
    ],
)
def test_a_bad_line_is_named(text: str, message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        read_instances(text, "input.json")


def test_a_message_is_one_short_line() -> None:
    with pytest.raises(AiPlatformError) as caught:
        read_instances("x" * 10_000, "f")
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_there_are_as_many_instances_as_gcloud_sent() -> None:
    assert len(read_instances("1\n" * 100, "f")) == 100
    with pytest.raises(AiPlatformError, match=r"^f: expected at most 100 instances, found 101"):
        read_instances("1\n" * 101, "f")
    assert len(read_instances("1\n" * 101, "f", most_instances=200)) == 101


@pytest.mark.parametrize("read", [read_instances, read_request])
def test_a_request_is_as_long_as_v1_took(read: Any) -> None:
    with pytest.raises(AiPlatformError, match=r"^f: expected at most 1500000 bytes in a request, found 1500002"):
        read("ä" * 750_001, "f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"^f: expected a JSON object with instances"),
        ("[1]", r'^f: expected \{"instances"'),
        ('{"instances": []}', r"with an instance"),
        ('{"instances": 3}', r"with an instance"),
        ('{"instances": [1], "signature_name": "x"}', r"^f: signature_name: .*found 'x'; .*serving_default"),
        ('{"instances": [1], "other": 1}', r"^f: other: expected instances alone"),
    ],
)
def test_another_request_is_refused(text: str, message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        read_request(text, "f")


def test_the_signature_that_vertex_ai_calls_may_be_named() -> None:
    assert read_request('{"instances": [1], "signature_name": "serving_default"}', "f") == [1]


def test_an_answer_has_predictions_or_an_error() -> None:
    assert v1_answer([1.0, [2]]) == {"predictions": [1.0, [2]]}
    assert v1_answer() == {"predictions": []}
    assert v1_answer(error="") == {"error": ""}
    assert v1_answer([1], error="no model") == {"error": "no model"}
