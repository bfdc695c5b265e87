"""What the steps have to know about a data set: its columns, its classes, and where its rows come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from timberline.run.settings import Settings


class RowSource(StrEnum):
    """Where rows came from.

    AUTO is the first of FILE, PUBLISHED and GENERATED that can be had; TABLE is a table that exists already.
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
        columns: the header.
        digest: a hash of the content, [0-9a-f], 16 characters.
    """

    path: Path
    source: RowSource
    columns: tuple[str, ...]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """A data set with a class column, for one model per class.

    Attributes:
        name: also the folder of its statements below include/sql, and the beginning of its tables' names.
        columns: what models are trained on, the target included.
        target: the class column, of whole numbers.
        classes: what each class is called.
        segment_label: what messages call a class.
        find_rows: finds a file of rows, given the settings and a `RowSource`.
        decode_statement: the statement that turns loaded rows into `columns`.
    """

    name: str
    columns: tuple[str, ...]
    target: str
    classes: Mapping[int, str]
    segment_label: str
    find_rows: Callable[[Settings, str], RowFile]
    decode_statement: str
