"""Missing columns are named with the nearest one."""

import pytest

from timberline.data.columns import check_columns
from timberline.run.errors import ColumnError


def test_more_columns_than_wanted_are_no_problem() -> None:
    check_columns(["a", "b", "c"], ["c", "a"], "table t")


def test_every_missing_column_is_named_with_the_nearest_found() -> None:
    with pytest.raises(ColumnError) as raised:
        check_columns(["elevation", "Slpoe", "x"], ["Elevation", "Slope", "Cover_Type"], "table t")
    message = str(raised.value)
    assert message.startswith("table t has no column 'Elevation' (nearest: 'elevation'), 'Slope' (nearest: 'Slpoe')")
    assert "'Cover_Type';" in message
