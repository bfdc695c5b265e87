"""Reading rows as arrays."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from rows import make_rows
from trainer.features import FEATURES, instances_to_rows, read_split, to_rows
from trainer_common.failures import UserError
from trainer_common.testing.rows import replace_column


def test_a_row_holds_floats_and_text_in_the_order_of_the_columns() -> None:
    row = make_rows(1).to_pylist()[0]
    (found,) = to_rows(make_rows(1)).tolist()
    assert found == [row[name] for name in FEATURES]
    assert [type(value) for value in found] == [float] * 10 + [str] * 2


def test_tables_and_instances_give_the_same_rows() -> None:
    table = make_rows(5)
    np.testing.assert_array_equal(instances_to_rows(table.select(FEATURES).to_pylist()), to_rows(table))


def test_soil_codes_may_be_numbers() -> None:
    assert to_rows(replace_column(make_rows(2), "Soil_Type", pa.array([7745, 2703])))[:, 11].tolist() == [
        "7745",
        "2703",
    ]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_missing_number_is_counted(value: float | None) -> None:
    with pytest.raises(UserError, match="column 'Slope': 1 of 2 values are missing or not finite"):
        to_rows(replace_column(make_rows(2), "Slope", pa.array([1.0, value])))


def test_a_missing_category_is_counted() -> None:
    with pytest.raises(UserError, match="column 'Soil_Type': 2 of 3 values are missing"):
        to_rows(replace_column(make_rows(3), "Soil_Type", pa.array([None, "C1", None])))


def test_text_in_a_numeric_column_is_one_clear_line() -> None:
    with pytest.raises(UserError, match=r"column 'Slope': expected numbers, found string.*steep"):
        to_rows(replace_column(make_rows(1), "Slope", pa.array(["steep"])))


def test_csv_reads_like_parquet(export: Path) -> None:
    csv, parquet = read_split("train", [f"{export}/csv/train"]), read_split("train", [f"{export}/train"])
    np.testing.assert_array_equal(csv.rows, parquet.rows)
    np.testing.assert_array_equal(csv.labels, parquet.labels)


def test_a_shard_whose_soil_codes_all_look_like_numbers_holds_text(tmp_path: Path) -> None:
    for shard, code in enumerate(("4758", "C4758")):
        rows = replace_column(make_rows(2), "Soil_Type", pa.array([code] * 2))
        pyarrow.csv.write_csv(rows, tmp_path / f"{shard}.csv")
    assert read_split("train", [str(tmp_path)]).rows[:, 11].tolist() == ["4758", "4758", "C4758", "C4758"]


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    rows = make_rows(2)
    pyarrow.csv.write_csv(rows.rename_columns([name.lower() for name in rows.column_names]), tmp_path / "0.csv")
    with pytest.raises(UserError, match=r"lacks column 'Elevation' \(nearest: 'elevation'\)"):
        read_split("train", [str(tmp_path)])
