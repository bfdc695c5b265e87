"""Rules of preprocessing."""

import numpy as np
import pyarrow as pa
import pytest
from covertype_rows import make_rows
from trainer.features import Encoder, read_labels
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError


def replaced(table: pa.Table, name: str, values: object) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.chunked_array([values]))


def test_the_vocabulary_does_not_depend_on_the_order_of_rows() -> None:
    rows = make_rows()
    assert Encoder.fit(rows) == Encoder.fit(rows.take(np.arange(rows.num_rows)[::-1]))


def test_an_unseen_or_null_category_and_a_null_number_are_missing() -> None:
    encoder = Encoder.fit(make_rows())
    rows = make_rows(3)
    rows = replaced(rows, "Soil_Type", pa.array(["C1", "C999", None]))
    rows = replaced(rows, "Slope", pa.array([1, 2, None]))
    encoded = encoder.transform(rows)
    assert (encoded.shape, encoded.dtype) == ((3, 12), np.float32)
    np.testing.assert_array_equal(encoded[:, FEATURES.index("Soil_Type")], [1, np.nan, np.nan])
    np.testing.assert_array_equal(encoded[:, FEATURES.index("Slope")], [1, 2, np.nan])


def test_soil_codes_may_be_numbers() -> None:
    rows = replaced(make_rows(2), "Soil_Type", pa.array([7745, 2703]))
    assert Encoder.fit(rows).vocabulary["Soil_Type"] == ("2703", "7745")


def test_text_in_a_numeric_column_is_one_clear_line() -> None:
    rows = replaced(make_rows(1), "Slope", pa.array(["steep"]))
    with pytest.raises(UserError, match=r"column 'Slope': expected numbers, found string.*steep"):
        Encoder.fit(rows).transform(rows)


@pytest.mark.parametrize("values", [[1, 3], [1.0, 3.0], ["1", "3"]])
def test_the_positive_class_is_compared_in_the_type_of_the_column(values: list[object]) -> None:
    assert read_labels(pa.table({"y": values}), "y", "3").tolist() == [False, True]


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], [False, True], ["0", "1"]])
def test_a_ready_made_label_may_be_of_any_type(values: list[object]) -> None:
    assert read_labels(pa.table({"y": values}), "y", None).tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "positive_class", "message"),
    [
        ([1, 3], None, "expected 0 and 1, found 1, 3; pass --positive_class"),
        (["a", "b"], None, "expected 0 and 1, found a, b"),
        ([1, None], None, "1 of 2 labels are missing"),
        ([1, 3], "fir", "--positive_class: expected a value of column 'y', which holds int64"),
    ],
)
def test_a_label_that_makes_no_sense_is_a_user_error(
    values: list[object], positive_class: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_labels(pa.table({"y": values}), "y", positive_class)
