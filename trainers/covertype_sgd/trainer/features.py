"""Turns rows of the Covertype table, and of prediction requests, into the array that the model takes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from trainer_common.columns import as_numbers, as_text, label_column
from trainer_common.covertype import CATEGORICAL, FEATURES
from trainer_common.failures import UserError
from trainer_common.instances import Instance

TARGET = "Cover_Type"

Rows = npt.NDArray[np.object_]
"""Shape (n_rows, 12), in the order of `FEATURES`: floats and text, as `numpy.array` of a request's lists holds them."""
Labels = npt.NDArray[np.int64]
"""Shape (n_rows,)."""


def to_rows(table: pa.Table) -> Rows:
    """Makes the array of a table.

    Args:
        table: Has the columns `FEATURES`.

    Returns:
        The rows, in their order.

    Raises:
        UserError: A column is of a wrong type, or a value is missing.
    """
    rows = np.empty((table.num_rows, len(FEATURES)), dtype=object)
    for place, name in enumerate(FEATURES):
        rows[:, place] = _texts(table, name) if name in CATEGORICAL else _numbers(table, name)
    return rows


def instances_to_rows(instances: Sequence[Instance]) -> Rows:
    """Makes the array of checked instances of a request."""
    return np.array([[instance[name] for name in FEATURES] for instance in instances], dtype=object)


def read_labels(table: pa.Table) -> Labels:
    """Reads the class of each row.

    Args:
        table: Has the column `TARGET`.

    Raises:
        UserError: A label is missing, or is no whole number.
    """
    column = label_column(table, TARGET)
    try:
        labels: Labels = column.cast(pa.int64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"column {TARGET!r}: expected whole numbers, found {column.type} ({error}); cast it in the query that "
            "writes the data"
        ) from error
    return labels


def _texts(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = as_text(table, name)
    _require_values(name, column.null_count, len(column))
    values: npt.NDArray[Any] = column.to_numpy()
    return values


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Returns a column in double precision: that is what text such as "2841.0" becomes where the model is served."""
    values: npt.NDArray[np.float64] = as_numbers(table, name, pa.float64()).to_numpy()  # null becomes NaN
    _require_values(name, int(np.count_nonzero(~np.isfinite(values))), values.size)
    return values


def _require_values(name: str, missing: int, count: int) -> None:
    if missing:
        raise UserError(
            f"column {name!r}: {missing} of {count} values are missing or not finite: expected none; drop those rows "
            "in the query that writes the data"
        )
