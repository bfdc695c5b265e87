"""Rules of reading splits."""

from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from covertype_rows import make_rows
from trainer.inputs import Split, join, read_split, require_two_classes
from trainer_common.failures import UserError


def test_csv_reads_like_parquet(export: Path) -> None:
    csv, parquet = read_split("train", [f"{export}/csv/train"]), read_split("train", [f"{export}/train"])
    np.testing.assert_array_equal(csv.rows, parquet.rows)
    np.testing.assert_array_equal(csv.labels, parquet.labels)


def test_a_shard_whose_soil_codes_all_look_like_numbers_holds_text(tmp_path: Path) -> None:
    for shard, code in enumerate(("4758", "C4758")):
        rows = make_rows(2)
        place = rows.column_names.index("Soil_Type")
        pyarrow.csv.write_csv(rows.set_column(place, "Soil_Type", [[code] * 2]), tmp_path / f"{shard}.csv")
    assert read_split("train", [str(tmp_path)]).rows[:, 11].tolist() == ["4758", "4758", "C4758", "C4758"]


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    rows = make_rows(2)
    pyarrow.csv.write_csv(rows.rename_columns([name.lower() for name in rows.column_names]), tmp_path / "0.csv")
    with pytest.raises(UserError, match=r"lacks column 'Elevation' \(nearest: 'elevation'\)"):
        read_split("train", [str(tmp_path)])


def test_joined_splits_keep_their_order() -> None:
    first = Split("train", np.array([["a"], ["b"]], object), np.array([1, 2]))
    joined = join("both", first, Split("validation", np.array([["c"]], object), np.array([3])))
    assert (joined.name, joined.rows.tolist(), joined.labels.tolist()) == ("both", [["a"], ["b"], ["c"]], [1, 2, 3])


def test_one_class_alone_teaches_nothing() -> None:
    split = Split("train", np.empty((3, 12), object), np.array([2, 2, 2]))
    with pytest.raises(UserError, match=r"expected at least two classes in the rows to fit, found 2 alone \(3 rows\)"):
        require_two_classes(split)
