"""Turns rows of the Covertype table into the arrays that XGBoost reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from trainer_common.columns import as_numbers, as_text, label_column
from trainer_common.covertype import CATEGORICAL, FEATURES
from trainer_common.failures import UserError

FloatMatrix = npt.NDArray[np.float32]
BoolVector = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Encoder:
    """The fitted preprocessing: the code of each category is its place in the vocabulary."""

    vocabulary: Mapping[str, tuple[str, ...]]
    """Categories by column, sorted, so that the order of the rows changes nothing."""

    @property
    def feature_types(self) -> list[str]:
        """XGBoost's type of each of `FEATURES`: `q` for a quantity, `c` for a category."""
        return ["c" if name in CATEGORICAL else "q" for name in FEATURES]

    @classmethod
    def fit(cls, table: pa.Table) -> "Encoder":
        """Learns the vocabulary.

        Args:
            table: Training rows alone; has the columns `FEATURES`.

        Returns:
            The encoder.
        """
        return cls({name: tuple(sorted(as_text(table, name).unique().drop_null().to_pylist())) for name in CATEGORICAL})

    def transform(self, table: pa.Table) -> FloatMatrix:
        """Encodes rows.

        Args:
            table: Has the columns `FEATURES`.

        Returns:
            Shape (n_rows, 12), in the order of `FEATURES`; NaN where a value is missing or its category was not seen in
            training.

        Raises:
            UserError: A numeric column holds something else.
        """
        matrix = np.empty((table.num_rows, len(FEATURES)), dtype=np.float32)
        for place, name in enumerate(FEATURES):
            matrix[:, place] = self._codes(table, name) if name in CATEGORICAL else _numbers(table, name)
        return matrix

    def _codes(self, table: pa.Table, name: str) -> FloatMatrix:
        """Returns the category codes of a column, shape (n_rows,)."""
        known = pa.array(self.vocabulary[name], pa.string())
        return _to_numpy(pc.index_in(as_text(table, name), value_set=known, skip_nulls=True))


def _numbers(table: pa.Table, name: str) -> FloatMatrix:
    """Returns a numeric column, shape (n_rows,): no feature has integers beyond float32's 24 bits."""
    return _to_numpy(as_numbers(table, name, pa.float32()))


def _to_numpy(column: pa.ChunkedArray) -> FloatMatrix:
    """Converts to float32, with NaN for null."""
    values: FloatMatrix = column.cast(pa.float32(), safe=False).to_numpy()
    return values


def read_labels(table: pa.Table, target: str, positive_class: str | None) -> BoolVector:
    """Makes the binary label.

    Args:
        table: Has the column `target`.
        target: The column's name.
        positive_class: The value that counts as positive, written as text; None when the column is 0 and 1 already.

    Returns:
        Shape (n_rows,), true for a positive row.

    Raises:
        UserError: A label is missing, `positive_class` is no value of the column's type, or a ready-made label is
            neither 0 nor 1.
    """
    column = label_column(table, target)
    if positive_class is not None:
        return _equals(column, target, positive_class)
    try:
        values = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = np.full(len(column), np.nan)
    if not np.isin(values, (0.0, 1.0)).all():
        distinct = ", ".join(str(value) for value in column.unique().to_pylist()[:8])
        raise UserError(f"column {target!r}: expected 0 and 1, found {distinct}; pass --positive_class")
    labels: BoolVector = values == 1.0
    return labels


def _equals(column: pa.ChunkedArray, target: str, positive_class: str) -> BoolVector:
    """Compares in the column's own type, so that "3" and 3 are equal."""
    try:
        wanted = pa.scalar(positive_class).cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"--positive_class: expected a value of column {target!r}, which holds {column.type}, "
            f"found {positive_class!r}"
        ) from error
    labels: BoolVector = pc.equal(column, wanted).to_numpy()
    return labels
