"""Reading the rows of a split."""

from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from trainer_common.failures import UserError
from trainer_common.reading.columns import as_text
from trainer_common.reading.labels import read_class_labels
from trainer_common.reading.splits import Split, SplitReader, join_splits

READER = SplitReader(
    columns=("soil", "y"),
    to_rows=lambda table: as_text(table, "soil").to_pylist(),
    to_labels=lambda table: read_class_labels(table, "y"),
    texts=("soil",),
)


def test_rows_and_labels_are_read_together(tmp_path: Path) -> None:
    for shard, code in enumerate(("4758", "C4758")):
        (tmp_path / f"{shard}.csv").write_text(f"y,soil,other\n{shard},{code},x\n")
    split = READER.read("train", [str(tmp_path)])
    assert (split.name, split.rows, split.labels.tolist(), split.size) == ("train", ["4758", "C4758"], [0, 1], 2)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    pyarrow.csv.write_csv(pyarrow.table({"Soil": ["C1"], "y": [1]}), tmp_path / "0.csv")
    with pytest.raises(UserError, match=r"lacks column 'soil' \(nearest: 'Soil'\)"):
        READER.read("train", [str(tmp_path)])


def test_joined_splits_keep_their_order() -> None:
    first = Split("train", np.array([["a"], ["b"]], object), np.array([1, 2]))
    joined = join_splits("both", first, Split("validation", np.array([["c"]], object), np.array([3])))
    assert (joined.name, joined.rows.tolist(), joined.labels.tolist()) == ("both", [["a"], ["b"], ["c"]], [1, 2, 3])
