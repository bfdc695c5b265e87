"""The results of the steps that load and split rows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from timberline.run.xcom import XComValue


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedTable(XComValue):
    """The table that holds the rows of a data set.

    Attributes:
        table: `project.dataset.table`.
        source: a value of `RowSource`.
        rows: the number of rows.
        location: where the table is.
    """

    table: str
    source: str
    rows: int
    location: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitTable(XComValue):
    """The table with the split of each row.

    Attributes:
        table: `project.dataset.table`.
        rows: the number of rows by split.
        segment_rows: the number of rows by class or segment, and by split; empty if there are neither.
        uris: the folder of each split's exported rows; empty if they were not exported.
    """

    table: str
    rows: Mapping[str, int]
    segment_rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    uris: Mapping[str, str] = field(default_factory=dict)
