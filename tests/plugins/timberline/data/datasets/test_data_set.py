"""A data set's columns fit its target and its task."""

import dataclasses
from typing import Any

import pytest

from tests.plugins.timberline.fares import FARES
from timberline.data.datasets.covertype import COVERTYPE, COVERTYPE_MULTICLASS
from timberline.data.datasets.data_set import Groups
from timberline.run.errors import ColumnError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "fair"}, r"data set fares, whose target has no column 'fair' \(nearest: 'fare'\)"),
        ({"segment_column": "zones"}, r"data set fares, whose segment column has no column 'zones'"),
        ({"columns": ("zone", "fare", "fare")}, "data set fares: expected each column once, found fare twice"),
        ({"classes": {"1": "cheap"}}, "data set fares: a regression has no classes"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        dataclasses.replace(FARES, **change)


def test_a_model_per_class_has_no_other_segment_column() -> None:
    with pytest.raises(ColumnError, match="the target Cover_Type says the segment; remove the segment column Soil"):
        dataclasses.replace(COVERTYPE, segment_column="Soil_Type")


def test_every_split_has_rows_of_each_segment() -> None:
    classes = tuple("1234567")
    assert COVERTYPE.groups(["1", "3"]) == Groups(column="Cover_Type", known=classes, required=("1", "3"))
    assert FARES.groups(["Airport"]) == Groups(column="zone", known=(), required=("Airport",))


def test_one_model_of_a_classification_needs_each_class_in_every_split() -> None:
    classes = tuple("1234567")
    for data_set in (COVERTYPE, COVERTYPE_MULTICLASS):
        assert data_set.groups(["all"]) == Groups(column="Cover_Type", known=classes, required=classes)


def test_one_model_of_a_regression_needs_no_groups() -> None:
    assert FARES.groups(["all"]).required == ()
    assert dataclasses.replace(FARES, segment_column=None).groups(["all"]) == Groups()


def test_the_segments_of_a_model_per_class_are_its_classes() -> None:
    assert COVERTYPE.segment_names["7"] == "Krummholz"
    assert COVERTYPE_MULTICLASS.segment_names == FARES.segment_names == {}
