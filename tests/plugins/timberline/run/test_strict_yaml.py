"""Keys are unique."""

import pytest

from timberline.run.errors import JobFileError
from timberline.run.strict_yaml import load_strict


def test_a_mapping_is_read() -> None:
    assert load_strict("a: {b: [1, x]}") == {"a": {"b": [1, "x"]}}


def test_a_key_that_occurs_twice_is_refused_with_its_line() -> None:
    with pytest.raises(JobFileError, match=r"line 2: the key 'b' occurs twice"):
        load_strict("a:\n  b: 1\n  b: 2\n")


def test_merged_keys_may_be_overridden() -> None:
    assert load_strict("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}")["y"] == {"a": 1, "b": 3}


def test_a_text_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(JobFileError, match="not valid YAML"):
        load_strict("a: [")
