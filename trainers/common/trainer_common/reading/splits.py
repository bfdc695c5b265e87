"""Read the rows of a split together with their labels."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trainer_common.reading.tables import read_table

RowsT = TypeVar("RowsT")
LabelsT = TypeVar("LabelsT", bound=npt.NDArray[Any])

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True, slots=True)
class Split(Generic[RowsT, LabelsT]):
    """The rows of one split."""

    name: str
    """`train`, `validation` or `test`."""
    rows: RowsT
    """The features, in the form that the trainer chose: a table or an array."""
    labels: LabelsT
    """Shape (n_rows,)."""

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self.labels.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitReader(Generic[RowsT, LabelsT]):
    """How a trainer reads each of its splits."""

    columns: Sequence[str]
    """The features and the target; other columns are not read."""
    to_rows: Callable[[pa.Table], RowsT]
    """Makes the features of a table with these columns."""
    to_labels: Callable[[pa.Table], LabelsT]
    """Makes the labels of a table with these columns."""
    texts: Collection[str] = ()
    """The columns that are text even where all values of a CSV shard look like numbers."""

    def read(self, name: str, locations: Sequence[str]) -> Split[RowsT, LabelsT]:
        """Return the rows of a split, at least one.

        Args:
            name: The name of the split, for metrics and messages.
            locations: The files, folders or patterns of its shards.

        Raises:
            UserError: The rows cannot be read or converted, or there are none.
        """
        table = read_table(locations, self.columns, texts=self.texts)
        return Split(name, self.to_rows(table), self.to_labels(table))


def join_splits(name: str, *splits: Split[npt.NDArray[Any], LabelsT]) -> Split[npt.NDArray[Any], LabelsT]:
    """Return the rows of several splits, one after another, as one split."""
    return Split(
        name,
        np.concatenate([split.rows for split in splits]),
        np.concatenate([split.labels for split in splits]),  # type: ignore[arg-type]  # the same kind of labels
    )
