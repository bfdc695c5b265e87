"""What the steps know about a data set: its columns, its target, its segments, and where its rows come from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from timberline.data.columns import check_columns
from timberline.run.errors import ColumnError
from timberline.run.identity import ALL_SEGMENTS
from timberline.run.settings import Settings


class Task(StrEnum):
    """What a model of the data set predicts."""

    BINARY_PER_SEGMENT = "binary_per_segment"
    """One model per class of the target: a segment is a class, and its model tells it from all others."""
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class RowSource(StrEnum):
    """Where rows come from.

    AUTO is the first available one of FILE, PUBLISHED and GENERATED; TABLE is a table that exists already.
    """

    AUTO = "auto"
    FILE = "file"
    PUBLISHED = "published"
    GENERATED = "generated"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class RowFile:
    """A gzipped CSV file with a header line.

    Attributes:
        path: the file.
        source: where its rows came from.
        schema: name and BigQuery type of each column, in the order of the file.
        digest: a hash of the content, [0-9a-f], 16 characters.
    """

    path: Path
    source: RowSource
    schema: tuple[tuple[str, str], ...]
    digest: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header line."""
        return tuple(name for name, _ in self.schema)


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """The groups that the rows of a table may and must have.

    Attributes:
        column: the column that has them; None for no groups.
        known: the only groups that may occur; empty if any may.
        required: the groups that no split may lack.
    """

    column: str | None = None
    known: Collection[str] = ()
    required: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """A table of rows with a target column.

    Attributes:
        name: the beginning of its tables' names, and the folder of its statements below include/sql.
        columns: the columns that models are trained on, the target included.
        target: the column that models predict.
        task: what a model predicts.
        find_rows: finds a file of rows, given the settings and a value of `RowSource`.
        segment_label: what messages call a segment, e.g. `zone`.
        classes: what each value of a classification's target is called; empty if any value is allowed.
        segment_column: the column that says which segment a row belongs to; None for BINARY_PER_SEGMENT, where the
            target says it, and for models that share all rows.
        segments: what each segment is called; empty for BINARY_PER_SEGMENT, where `classes` says it, and if any text
            may be a segment.
        decode_statement: the statement that turns loaded rows into `columns`; None if the file has `columns` already.
    """

    name: str
    columns: tuple[str, ...]
    target: str
    task: Task
    find_rows: Callable[[Settings, str], RowFile]
    segment_label: str = "segment"
    classes: Mapping[str, str] = field(default_factory=dict)
    segment_column: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)
    decode_statement: str | None = None

    def __post_init__(self) -> None:
        """Check that the columns fit the target and the task.

        Raises:
            ColumnError: the target or the segment column is not among the columns, a column occurs twice, or the task
                does not go with classes or with a segment column.
        """
        where = f"data set {self.name}"
        check_columns(self.columns, [self.target], f"{where}, whose target")
        if self.segment_column is not None:
            check_columns(self.columns, [self.segment_column], f"{where}, whose segment column")
        if twice := sorted({name for name in self.columns if self.columns.count(name) > 1}):
            raise ColumnError(f"{where}: expected each column once, found {', '.join(twice)} twice")
        if self.task is Task.REGRESSION and self.classes:
            raise ColumnError(f"{where}: a regression has no classes; remove them, or choose another task")
        if self.task is Task.BINARY_PER_SEGMENT and self.segment_column not in (None, self.target):
            raise ColumnError(
                f"{where}: with the task {self.task} the target {self.target} says the segment; "
                f"remove the segment column {self.segment_column}"
            )

    @property
    def segment_names(self) -> Mapping[str, str]:
        """What each segment is called; empty if any text may be a segment."""
        return self.segments or (self.classes if self.task is Task.BINARY_PER_SEGMENT else {})

    def groups(self, segments: Sequence[str]) -> Groups:
        """Return the groups that the check of a split counts.

        Args:
            segments: the run's segments.
        """
        is_one_model = list(segments) == [ALL_SEGMENTS]
        if self.segment_column is not None and self.segment_column != self.target:
            return Groups(column=self.segment_column, required=() if is_one_model else tuple(segments))
        if self.task is Task.REGRESSION:
            return Groups()
        classes = tuple(self.classes)
        every = is_one_model or self.task is Task.MULTICLASS
        return Groups(column=self.target, known=classes, required=classes if every else tuple(segments))
