"""Checking and converting columns."""

import pyarrow as pa
import pytest
from trainer_common.failures import UserError
from trainer_common.reading.columns import as_numbers, as_text


def test_numbers_are_written_as_text_and_text_is_read_as_numbers() -> None:
    table = pa.table({"code": [4758, None], "slope": ["1.5", "2"]})
    assert as_text(table, "code").to_pylist() == ["4758", None]
    assert as_numbers(table, "slope", pa.float64()).to_pylist() == [1.5, 2.0]


def test_what_cannot_be_converted_is_named() -> None:
    table = pa.table({"x": [[1]], "word": ["steep"]})
    with pytest.raises(UserError, match="column 'x': expected text, found list"):
        as_text(table, "x")
    with pytest.raises(UserError, match="column 'word': expected numbers, found string"):
        as_numbers(table, "word", pa.float64())
