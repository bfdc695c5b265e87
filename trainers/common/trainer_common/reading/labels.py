"""Read the label of each row, for each kind of task, and check that a model can learn from them."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trainer_common.failures import UserError

BinaryLabels: TypeAlias = npt.NDArray[np.bool_]
"""Shape (n_rows,), true for a positive row."""
ClassLabels: TypeAlias = npt.NDArray[np.int64]
"""Shape (n_rows,), the class of each row."""
Targets: TypeAlias = npt.NDArray[np.float64]
"""Shape (n_rows,), the value to predict for each row."""


def read_binary_labels(table: pa.Table, target: str, positive_class: str | None) -> BinaryLabels:
    """Return whether each row is positive.

    Args:
        table: Has the column `target`.
        target: The column to predict.
        positive_class: The value that is positive, as text; None when the column is 0 and 1.

    Raises:
        UserError: A label is missing, `positive_class` is not a value of the column's type, or without it a label is
            neither 0 nor 1.
    """
    column = _label_column(table, target)
    if positive_class is not None:
        return _equals(column, target, positive_class)
    try:
        values = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = np.full(len(column), np.nan)
    if not np.isin(values, (0.0, 1.0)).all():
        distinct = ", ".join(str(value) for value in column.unique().to_pylist()[:8])
        raise UserError(f"column {target!r}: expected 0 and 1, found {distinct}; pass --positive_class")
    labels: BinaryLabels = values == 1.0
    return labels


def read_class_labels(table: pa.Table, target: str) -> ClassLabels:
    """Return the class of each row, a whole number.

    Args:
        table: Has the column `target`.
        target: The column to predict.

    Raises:
        UserError: A label is missing, or is not a whole number.
    """
    column = _label_column(table, target)
    try:
        labels: ClassLabels = column.cast(pa.int64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"column {target!r}: expected whole numbers, found {column.type} ({error}); cast it in the query that "
            "writes the data"
        ) from error
    return labels


def read_targets(table: pa.Table, target: str) -> Targets:
    """Return the value to predict for each row, for a regression model.

    Args:
        table: Has the column `target`.
        target: The column to predict.

    Raises:
        UserError: A value is missing, or is not a finite number.
    """
    column = _label_column(table, target)
    try:
        values: Targets = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"column {target!r}: expected numbers, found {column.type} ({error}); cast it in the query that writes the "
            "data"
        ) from error
    if unusable := int(np.count_nonzero(~np.isfinite(values))):
        raise UserError(f"column {target!r}: {unusable} of {values.size} values are not finite; drop those rows")
    return values


def require_both_classes(labels: BinaryLabels, target: str, positive_class: str | None) -> None:
    """Check that the rows to fit are of both classes.

    Args:
        labels: Of the rows to fit.
        target: The column to predict.
        positive_class: The positive value; None for 1.

    Raises:
        UserError: No row is positive, or every row is.
    """
    positive = int(labels.sum())
    if 0 < positive < labels.size:
        return
    raise UserError(
        f"cannot tell {target} = {positive_class or 1} from the rest: expected positive and negative rows in --train, "
        f"found {positive} positive of {labels.size:,}; check --positive_class and the split"
    )


def require_two_classes(labels: ClassLabels, target: str) -> None:
    """Check that the rows to fit are of at least two classes.

    Args:
        labels: Of the rows to fit, at least one.
        target: The column to predict.

    Raises:
        UserError: All rows are of one class.
    """
    found = np.unique(labels)
    if found.size < 2:
        raise UserError(
            f"column {target!r}: expected at least two classes in the rows to fit, found {found[0]} alone "
            f"({labels.size:,} rows); check the split"
        )


def _label_column(table: pa.Table, target: str) -> pa.ChunkedArray:
    column = table[target]
    if column.null_count:
        raise UserError(f"column {target!r}: {column.null_count} of {len(column)} labels are missing; drop those rows")
    return column


def _equals(column: pa.ChunkedArray, target: str, positive_class: str) -> BinaryLabels:
    """Compare in the column's own type, so that "3" equals 3."""
    try:
        wanted = pa.scalar(positive_class).cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"--positive_class: expected a value of column {target!r}, which holds {column.type}, "
            f"found {positive_class!r}"
        ) from error
    labels: BinaryLabels = pc.equal(column, wanted).to_numpy()
    return labels
