"""Columns that a table or file must have. Pure."""

from collections.abc import Mapping, Sequence

from timberline.run.errors import ColumnError
from timberline.run.wording import nearest

# https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types, in the names of SQL and of the API
_NUMERIC_TYPES = frozenset({"INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"})


def check_columns(found: Sequence[str], expected: Sequence[str], where: str) -> None:
    """Check that all expected columns are there; others may be too.

    Args:
        found: the names that `where` has.
        expected: the names that are wanted.
        where: what the message calls the table or file.

    Raises:
        ColumnError: some are missing; each is named with the nearest one found.
    """
    missing = [name for name in expected if name not in found]
    if not missing:
        return
    hints = [f"{name!r}" + (f" (nearest: {near!r})" if (near := nearest(name, found)) else "") for name in missing]
    raise ColumnError(
        f"{where} has no column {', '.join(hints)}; rename it there, or in the view or file that it comes from"
    )


def check_numeric(types: Mapping[str, str], column: str, where: str) -> None:
    """Check that a column holds numbers, as the target of a regression must.

    Args:
        types: BigQuery's type of each column.
        column: the column.
        where: what the message calls the table or file.

    Raises:
        ColumnError: the column has another type.
    """
    if types[column] not in _NUMERIC_TYPES:
        raise ColumnError(
            f"{where}: column {column!r} is the target of a regression: expected a numeric type, found "
            f"{types[column]}; cast it in the view or file that it comes from"
        )
