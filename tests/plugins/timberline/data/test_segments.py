"""Segments: any text, each once, and none that looks like another."""

import dataclasses
from typing import Any

import pytest

from tests.plugins.timberline.fares import FARES
from timberline.data.datasets.covertype import COVERTYPE, COVERTYPE_MULTICLASS
from timberline.data.segments import check_known, in_order, in_words, read_segments
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity, label_value


def test_numbers_become_text_in_the_order_of_their_values() -> None:
    assert read_segments([7, "3"], COVERTYPE) == ["3", "7"]
    assert in_order(["10", "9", "b", "A"]) == ["9", "10", "A", "b"]


def test_any_text_can_be_a_segment() -> None:
    assert read_segments(["São Paulo", "north east!"], FARES) == ["São Paulo", "north east!"]
    assert read_segments("downtown", FARES) == ["downtown"]


def test_a_text_that_is_not_a_label_is_reduced_to_a_slug_and_a_hash() -> None:
    labels = RunIdentity("fares", "run").labels("train", "São Paulo")
    assert labels["timberline-segment"] == label_value("São Paulo")
    assert labels["timberline-segment"].startswith("x--s-o-paulo-")


def test_all_is_one_model_of_all_rows() -> None:
    for data_set in (COVERTYPE, COVERTYPE_MULTICLASS, FARES):
        assert read_segments("all", data_set) == ["all"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["North East", "north-east"], r"zones 'North East' and 'north-east': both become 'north-east' in names"),
        ([""], "zone '': expected a text or a whole number"),
        ([None], "zone None: expected a text or a whole number"),
        ([1.5], "zone 1.5: expected a text or a whole number"),
        ([True], "zone True: expected a text or a whole number"),
        ([], r"zones: expected at least one, each once, found \[\]"),
        (["a", "a"], r"zones: expected at least one, each once, found \['a', 'a'\]"),
        ([1, "1"], r"zones: expected at least one, each once, found \[1, '1'\]"),
    ],
)
def test_what_cannot_be_a_segment_is_named(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_segments(value, FARES)


def test_a_data_set_that_names_its_segments_has_no_others() -> None:
    named = dataclasses.replace(FARES, segments={"airport": "Airport", "downtown": "Downtown"})
    assert read_segments(["airport"], named) == ["airport"]
    with pytest.raises(InputError, match="zone 'harbour': expected one of airport, downtown"):
        read_segments(["harbour"], named)


def test_thresholds_of_an_unknown_segment_are_refused() -> None:
    check_known(["5"], COVERTYPE, "job.yaml: gate.segments")
    check_known(["Harbour"], FARES, "job.yaml: gate.segments")
    with pytest.raises(InputError, match=r"job.yaml: gate.segments: unknown cover type '8'; expected one of 1 to 7"):
        check_known(["5", "8"], COVERTYPE, "job.yaml: gate.segments")


@pytest.mark.parametrize(
    ("values", "words"),
    [(["2", "1", "3"], "1 to 3"), (["1", "3"], "1, 3"), (["4"], "4"), (["b", "a"], "a, b"), ([], "")],
)
def test_values_are_listed_in_words(values: list[str], words: str) -> None:
    assert in_words(values) == words
