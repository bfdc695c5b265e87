"""Make synthetic rows with a rule that a model can learn, as tables and as data sets on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet


@dataclass(frozen=True, kw_only=True, slots=True)
class RowMaker:
    """Makes rows with the columns of a trainer.

    The class is 3 where the first number is below 2800 and the last category has its second value, else 1 or 2 at
    random.
    """

    numeric: Sequence[str]
    """Names of the columns of numbers; the first one is 2000 to 3499, the others 0 to 249."""
    categories: Mapping[str, Sequence[str]]
    """The values of each column of text, by name."""
    target: str
    """Name of the column of classes; the column `label` is 1 where the class is 3, else 0."""

    def make(self, count: int = 400, seed: int = 0) -> pa.Table:
        """Return `count` rows; equal seeds give equal rows."""
        random = np.random.default_rng(seed)
        columns: dict[str, object] = {name: random.integers(0, 250, count) for name in self.numeric}
        first = random.integers(2000, 3500, count)
        columns[self.numeric[0]] = first
        codes: npt.NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        for name, values in self.categories.items():
            codes = random.integers(0, len(values), count)
            columns[name] = [values[code] for code in codes]
        classes = np.where((first < 2800) & (codes == 1), 3, 1 + random.integers(0, 2, count))
        columns[self.target] = classes
        columns["label"] = (classes == 3).astype(np.int64)
        return pa.table(columns)


def write_export(folder: Path, make_rows: Callable[[int, int], pa.Table]) -> None:
    """Write the folders `train`, `validation` and `test` of two Parquet shards each, and the same as CSV below `csv/`.

    Args:
        folder: An existing folder.
        make_rows: Takes a number of rows and a seed; returns the rows. Each split has a seed of its own.
    """
    for seed, split in enumerate(("train", "validation", "test")):
        for path in (folder / split, folder / "csv" / split):
            path.mkdir(parents=True)
        rows = make_rows(400, seed)
        for shard in range(2):
            part = rows.slice(shard * 200, 200)
            pyarrow.parquet.write_table(part, folder / split / f"{shard}.parquet")
            pyarrow.csv.write_csv(part, folder / "csv" / split / f"{shard}.csv")


def replace_column(table: pa.Table, name: str, values: object) -> pa.Table:
    """Return a table in which one column has other values."""
    return table.set_column(table.column_names.index(name), name, pa.chunked_array([values]))
