"""The data set Forest Covertype, with one model per cover type or one model of all.

Soil codes are those of its `covtype.info`: https://archive.ics.uci.edu/dataset/31/covertype.
"""

import dataclasses

from timberline.data.datasets.covertype_columns import COLUMNS, COVER_TYPES, TARGET
from timberline.data.datasets.data_set import DataSet, RowFile, Task
from timberline.run.settings import Settings


def _find_rows(settings: Settings, source: str) -> RowFile:
    """Import the finder only where rows are wanted: DAG files import this module."""
    from timberline.data.datasets.covertype_rows import find_rows

    return find_rows(settings, source)


COVERTYPE = DataSet(
    name="covertype",
    columns=COLUMNS,
    target=TARGET,
    task=Task.BINARY_PER_SEGMENT,
    segment_label="cover type",
    classes={str(label): name for label, name in COVER_TYPES.items()},
    find_rows=_find_rows,
    decode_statement="decode_one_hot.sql",
)

COVERTYPE_MULTICLASS = dataclasses.replace(COVERTYPE, task=Task.MULTICLASS, segment_label="model")
