"""What the check of a split refuses."""

import pytest

from timberline.data.datasets.data_set import Groups
from timberline.data.splits import SplitCount, check_splits, rows_per_group, rows_per_split
from timberline.data.splitting import SPLITS
from timberline.run.errors import DataError, SplitError

_KNOWN = ("1", "2", "3", "4", "5", "6", "7")


def _check(counts: list[SplitCount], required: tuple[str, ...] = ("1", "2")) -> None:
    check_splits(counts, Groups(column="Cover_Type", known=_KNOWN, required=required), "p.d.rows")


def _good() -> list[SplitCount]:
    return [SplitCount(split, label, 5, 0) for split in (*SPLITS, "unused") for label in ("1", "2")]


def test_a_good_split_passes() -> None:
    _check(_good())


@pytest.mark.parametrize("label", ["0", "8", None])
def test_a_class_that_is_unknown_is_named_with_its_rows(label: str | None) -> None:
    with pytest.raises(DataError, match=f"p.d.rows: Cover_Type is {label} in 3 rows; expected 1 to 7"):
        _check([*_good(), SplitCount("unused", label, 3, 0)])


@pytest.mark.parametrize("split", SPLITS)
def test_an_empty_split_is_named(split: str) -> None:
    with pytest.raises(SplitError, match=f"split {split} of p.d.rows is empty"):
        _check([each for each in _good() if each.split != split])


def test_no_rows_at_all_are_an_empty_split() -> None:
    with pytest.raises(SplitError, match=r"split train of p.d.rows is empty"):
        _check([])


def test_a_split_without_a_wanted_class_is_named() -> None:
    with pytest.raises(SplitError, match=r"split test of p.d.rows has no row of Cover_Type 3"):
        _check([*_good(), SplitCount("train", "3", 1, 0), SplitCount("validation", "3", 1, 0)], ("1", "3"))


def test_a_class_that_nobody_trains_may_be_missing() -> None:
    _check([*_good(), SplitCount("train", "3", 1, 0)], ("1",))


def test_shared_rows_are_counted() -> None:
    with pytest.raises(SplitError, match="4 rows are in more than one split"):
        _check([*_good(), SplitCount("train", "1", 2, 2), SplitCount("test", "1", 2, 2)])


def test_known_groups_that_are_texts_are_listed() -> None:
    groups = Groups(column="region", known=("North", "South"), required=())
    with pytest.raises(DataError, match=r"p.d.rows: region is West in 5 rows; expected North, South"):
        check_splits([SplitCount("train", "West", 5, 0)], groups, "p.d.rows")


def test_without_groups_only_rows_and_overlap_are_checked() -> None:
    counts = [SplitCount(split, None, 5, 0) for split in SPLITS]
    check_splits(counts, Groups(), "p.d.rows")
    with pytest.raises(SplitError, match=r"split test of p.d.rows is empty"):
        check_splits(counts[:2], Groups(), "p.d.rows")
    with pytest.raises(SplitError, match="1 rows are in more than one split"):
        check_splits([*counts, SplitCount("test", None, 1, 1)], Groups(), "p.d.rows")


def test_groups_come_in_the_order_of_their_numbers() -> None:
    counts = [SplitCount("train", group, 1, 0) for group in ("10", "9", "North", None)]
    assert list(rows_per_group(counts)) == ["9", "10", "North"]


def test_rows_are_added_up_per_split_and_per_class() -> None:
    assert rows_per_split(_good()) == {"train": 10, "validation": 10, "test": 10}
    assert rows_per_group(_good())["2"] == {"train": 5, "validation": 5, "test": 5}
