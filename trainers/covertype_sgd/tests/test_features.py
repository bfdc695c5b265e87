"""Rules of making arrays of rows."""

import numpy as np
import pyarrow as pa
import pytest
from covertype_rows import make_rows
from trainer.features import instances_to_rows, read_labels, to_rows
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError


def replaced(name: str, values: object) -> pa.Table:
    table = make_rows(len(values))  # type: ignore[arg-type]
    return table.set_column(table.column_names.index(name), name, pa.chunked_array([values]))


def test_a_row_holds_floats_and_text_in_the_order_of_the_columns() -> None:
    row = make_rows(1).to_pylist()[0]
    (found,) = to_rows(make_rows(1)).tolist()
    assert found == [row[name] for name in FEATURES]
    assert [type(value) for value in found] == [float] * 10 + [str] * 2


def test_tables_and_instances_give_the_same_rows() -> None:
    table = make_rows(5)
    np.testing.assert_array_equal(instances_to_rows(table.select(FEATURES).to_pylist()), to_rows(table))


def test_soil_codes_may_be_numbers() -> None:
    assert to_rows(replaced("Soil_Type", pa.array([7745, 2703])))[:, 11].tolist() == ["7745", "2703"]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_missing_number_is_counted(value: float | None) -> None:
    with pytest.raises(UserError, match="column 'Slope': 1 of 2 values are missing or not finite"):
        to_rows(replaced("Slope", pa.array([1.0, value])))


def test_a_missing_category_is_counted() -> None:
    with pytest.raises(UserError, match="column 'Soil_Type': 2 of 3 values are missing"):
        to_rows(replaced("Soil_Type", pa.array([None, "C1", None])))


def test_text_in_a_numeric_column_is_one_clear_line() -> None:
    with pytest.raises(UserError, match=r"column 'Slope': expected numbers, found string.*steep"):
        to_rows(replaced("Slope", pa.array(["steep"])))


@pytest.mark.parametrize("values", [[1, 7], [1.0, 7.0], ["1", "7"]])
def test_labels_are_whole_numbers_however_they_are_stored(values: list[object]) -> None:
    labels = read_labels(replaced("Cover_Type", pa.array(values)))
    assert (labels.tolist(), labels.dtype) == ([1, 7], np.int64)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, None], "column 'Cover_Type': 1 of 2 labels are missing"),
        ([1.5, 2.0], "column 'Cover_Type': expected whole numbers, found double"),
        (["fir", "pine"], "column 'Cover_Type': expected whole numbers, found string"),
    ],
)
def test_a_label_that_makes_no_sense_is_a_user_error(values: list[object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_labels(replaced("Cover_Type", pa.array(values)))
