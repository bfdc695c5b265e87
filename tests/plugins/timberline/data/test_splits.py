"""What the check of a split refuses."""

import pytest

from timberline.data.splits import LotCount, check_lots, rows_per_label, rows_per_lot
from timberline.data.splitting import LOTS
from timberline.run.errors import DataError, LotError


def _check(counts: list[LotCount], wanted: tuple[int, ...] = (1, 2)) -> None:
    check_lots(counts, target="Cover_Type", known=range(1, 8), wanted=wanted, table="p.d.rows")


def _good() -> list[LotCount]:
    return [LotCount(lot, label, 5, 0) for lot in (*LOTS, "unused") for label in (1, 2)]


def test_a_good_split_passes() -> None:
    _check(_good())


@pytest.mark.parametrize("label", [0, 8, None])
def test_a_class_that_is_unknown_is_named_with_its_rows(label: int | None) -> None:
    with pytest.raises(DataError, match=f"p.d.rows: Cover_Type is {label} in 3 rows; expected 1 to 7"):
        _check([*_good(), LotCount("unused", label, 3, 0)])


@pytest.mark.parametrize("lot", LOTS)
def test_an_empty_lot_is_named(lot: str) -> None:
    with pytest.raises(LotError, match=f"lot {lot} of p.d.rows is empty"):
        _check([each for each in _good() if each.lot != lot])


def test_no_rows_at_all_are_an_empty_lot() -> None:
    with pytest.raises(LotError, match=r"lot train of p.d.rows is empty"):
        _check([])


def test_a_lot_without_a_wanted_class_is_named() -> None:
    with pytest.raises(LotError, match=r"lot test of p.d.rows has no row of Cover_Type 3"):
        _check([*_good(), LotCount("train", 3, 1, 0), LotCount("validation", 3, 1, 0)], wanted=(1, 3))


def test_a_class_that_nobody_trains_may_be_missing() -> None:
    _check([*_good(), LotCount("train", 3, 1, 0)], wanted=(1,))


def test_shared_rows_are_counted() -> None:
    with pytest.raises(LotError, match="4 rows are in more than one lot"):
        _check([*_good(), LotCount("train", 1, 2, 2), LotCount("test", 1, 2, 2)])


def test_rows_are_added_up_per_lot_and_per_class() -> None:
    assert rows_per_lot(_good()) == {"train": 10, "validation": 10, "test": 10}
    assert rows_per_label(_good())["2"] == {"train": 5, "validation": 5, "test": 5}
