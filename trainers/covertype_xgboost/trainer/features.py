"""Read rows of the Covertype table, and turn them into the arrays that XGBoost reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from trainer_common.reading.columns import FeatureColumns, as_numbers, as_text
from trainer_common.reading.labels import BinaryLabels, read_binary_labels
from trainer_common.reading.splits import Split, SplitReader

FloatMatrix: TypeAlias = npt.NDArray[np.float32]
TableSplit: TypeAlias = Split[pa.Table, BinaryLabels]
"""Its `rows` have the columns `FEATURES` and the target."""

COLUMNS = FeatureColumns(
    numeric=(
        "Elevation",
        "Aspect",
        "Slope",
        "Horizontal_Distance_To_Hydrology",
        "Vertical_Distance_To_Hydrology",
        "Horizontal_Distance_To_Roadways",
        "Hillshade_9am",
        "Hillshade_Noon",
        "Hillshade_3pm",
        "Horizontal_Distance_To_Fire_Points",
    ),
    categorical=("Wilderness_Area", "Soil_Type"),
)
FEATURES = COLUMNS.names


def read_split(name: str, locations: Sequence[str], target: str, positive_class: str | None) -> TableSplit:
    """Return the rows of a split, at least one, with their labels.

    Args:
        name: `train`, `validation` or `test`.
        locations: The files, folders or patterns of its shards.
        target: The column to predict.
        positive_class: The value that is positive; None when the column is 0 and 1.

    Raises:
        UserError: The rows cannot be read, or there are none.
    """
    reader: SplitReader[pa.Table, BinaryLabels] = SplitReader(
        columns=(*FEATURES, target),
        to_rows=lambda table: table,
        to_labels=lambda table: read_binary_labels(table, target, positive_class),
    )
    return reader.read(name, locations)


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """The encoded rows of a split with their labels."""

    features: FloatMatrix
    """Shape (n_rows, 12)."""
    labels: BinaryLabels
    """Shape (n_rows,)."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """The fitted preprocessing: the code of a category is its position in the vocabulary."""

    vocabulary: Mapping[str, tuple[str, ...]]
    """Categories by column, sorted, so that the order of the rows does not matter."""

    @property
    def feature_types(self) -> list[str]:
        """XGBoost's type of each of `FEATURES`: `q` for a quantity, `c` for a category."""
        return ["c" if name in COLUMNS.categorical else "q" for name in FEATURES]

    @classmethod
    def fit(cls, table: pa.Table) -> "Encoder":
        """Learn the vocabulary.

        Args:
            table: The training rows, and no others; has the columns `FEATURES`.

        Returns:
            The encoder.
        """
        return cls(
            {name: tuple(sorted(as_text(table, name).unique().drop_null().to_pylist())) for name in COLUMNS.categorical}
        )

    def transform(self, table: pa.Table) -> FloatMatrix:
        """Encode rows.

        Args:
            table: Has the columns `FEATURES`.

        Returns:
            Shape (n_rows, 12), in the order of `FEATURES`; NaN for a missing value and for a category that the training
            rows do not have.

        Raises:
            UserError: A numeric column holds something else.
        """
        matrix = np.empty((table.num_rows, len(FEATURES)), dtype=np.float32)
        for index, name in enumerate(FEATURES):
            matrix[:, index] = self._codes(table, name) if name in COLUMNS.categorical else _numbers(table, name)
        return matrix

    def _codes(self, table: pa.Table, name: str) -> FloatMatrix:
        """Return the category codes of a column, shape (n_rows,)."""
        known = pa.array(self.vocabulary[name], pa.string())
        return _to_numpy(pc.index_in(as_text(table, name), value_set=known, skip_nulls=True))


def _numbers(table: pa.Table, name: str) -> FloatMatrix:
    """Return a numeric column, shape (n_rows,). Float32 holds its integers exactly: they have less than 24 bits."""
    return _to_numpy(as_numbers(table, name, pa.float32()))


def _to_numpy(column: pa.ChunkedArray) -> FloatMatrix:
    """Convert to float32, with NaN for null."""
    values: FloatMatrix = column.cast(pa.float32(), safe=False).to_numpy()
    return values
