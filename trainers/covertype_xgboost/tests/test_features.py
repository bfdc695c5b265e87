"""Encoding rows."""

import numpy as np
import pyarrow as pa
import pytest
from rows import make_rows
from trainer.features import FEATURES, Encoder
from trainer_common.failures import UserError
from trainer_common.testing.rows import replace_column


def test_the_vocabulary_does_not_depend_on_the_order_of_rows() -> None:
    rows = make_rows()
    assert Encoder.fit(rows) == Encoder.fit(rows.take(np.arange(rows.num_rows)[::-1]))


def test_an_unseen_or_null_category_and_a_null_number_are_missing() -> None:
    encoder = Encoder.fit(make_rows())
    rows = make_rows(3)
    rows = replace_column(rows, "Soil_Type", pa.array(["C1", "C999", None]))
    rows = replace_column(rows, "Slope", pa.array([1, 2, None]))
    encoded = encoder.transform(rows)
    assert (encoded.shape, encoded.dtype) == ((3, 12), np.float32)
    np.testing.assert_array_equal(encoded[:, FEATURES.index("Soil_Type")], [1, np.nan, np.nan])
    np.testing.assert_array_equal(encoded[:, FEATURES.index("Slope")], [1, 2, np.nan])


def test_soil_codes_may_be_numbers() -> None:
    rows = replace_column(make_rows(2), "Soil_Type", pa.array([7745, 2703]))
    assert Encoder.fit(rows).vocabulary["Soil_Type"] == ("2703", "7745")


def test_text_in_a_numeric_column_is_one_clear_line() -> None:
    rows = replace_column(make_rows(1), "Slope", pa.array(["steep"]))
    with pytest.raises(UserError, match=r"column 'Slope': expected numbers, found string.*steep"):
        Encoder.fit(rows).transform(rows)
