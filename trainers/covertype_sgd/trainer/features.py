"""Read rows of the Covertype table and of prediction requests as the array that the model takes."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from trainer_common.failures import UserError
from trainer_common.predictions.instances import Instance
from trainer_common.reading.columns import FeatureColumns, as_numbers, as_text
from trainer_common.reading.labels import ClassLabels, read_class_labels
from trainer_common.reading.splits import Split, SplitReader

Rows: TypeAlias = npt.NDArray[Any]
"""Shape (n_rows, 12), in the order of `FEATURES`: floats and text, as in `numpy.array` of a request's lists."""
ArraySplit: TypeAlias = Split[Rows, ClassLabels]

TARGET = "Cover_Type"
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


def read_split(name: str, locations: Sequence[str]) -> ArraySplit:
    """Return the rows of a split, at least one, with their classes.

    Args:
        name: `train`, `validation` or `test`.
        locations: The files, folders or patterns of its shards.

    Raises:
        UserError: The rows cannot be read, a value is missing, or there are no rows.
    """
    reader: SplitReader[Rows, ClassLabels] = SplitReader(
        columns=(*FEATURES, TARGET),
        to_rows=to_rows,
        to_labels=lambda table: read_class_labels(table, TARGET),
        # A soil code such as 4758 is a name, also in a shard where all codes look like numbers.
        texts=COLUMNS.categorical,
    )
    return reader.read(name, locations)


def to_rows(table: pa.Table) -> Rows:
    """Return the array of a table's rows.

    Args:
        table: Has the columns `FEATURES`.

    Raises:
        UserError: A column is of a wrong type, or a value is missing.
    """
    rows = np.empty((table.num_rows, len(FEATURES)), dtype=object)
    for index, name in enumerate(FEATURES):
        rows[:, index] = _texts(table, name) if name in COLUMNS.categorical else _numbers(table, name)
    return rows


def instances_to_rows(instances: Sequence[Instance]) -> Rows:
    """Return the array of the checked instances of a request."""
    return np.array([[instance[name] for name in FEATURES] for instance in instances], dtype=object)


def _texts(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = as_text(table, name)
    _require_values(name, column.null_count, len(column))
    values: npt.NDArray[Any] = column.to_numpy()
    return values


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Return a column in double precision, as the served model parses text such as "2841.0"."""
    values: npt.NDArray[np.float64] = as_numbers(table, name, pa.float64()).to_numpy()  # null becomes NaN
    _require_values(name, int(np.count_nonzero(~np.isfinite(values))), values.size)
    return values


def _require_values(name: str, missing: int, count: int) -> None:
    if missing:
        raise UserError(
            f"column {name!r}: {missing} of {count} values are missing or not finite: expected none; drop those rows "
            "in the query that writes the data"
        )
