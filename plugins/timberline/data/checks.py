"""Whether a table or file can be used as a data set: its columns are there, and its target fits the task. Pure."""

from collections.abc import Iterable
from typing import Protocol

from timberline.data.columns import check_columns, check_numeric
from timberline.data.datasets.data_set import DataSet, RowFile, Task
from timberline.data.identifiers import TableName


class Field(Protocol):
    """A column of a table, as BigQuery's client describes it."""

    @property
    def name(self) -> str:
        """The column's name."""

    @property
    def field_type(self) -> str:
        """The column's type, e.g. `INTEGER`."""


def check_table(schema: Iterable[Field], data_set: DataSet, table: TableName) -> None:
    """Check a table.

    Raises:
        ColumnError: a column is missing, or the target does not fit the task.
    """
    _check({field.name: field.field_type for field in schema}, data_set, f"table {table}")


def check_file(rows: RowFile, data_set: DataSet) -> None:
    """Check a file that no statement decodes.

    Raises:
        ColumnError: a column is missing, or the target does not fit the task.
    """
    _check(dict(rows.schema), data_set, str(rows.path))


def _check(types: dict[str, str], data_set: DataSet, where: str) -> None:
    check_columns(list(types), data_set.columns, where)
    if data_set.task is Task.REGRESSION:
        check_numeric(types, data_set.target, where)
