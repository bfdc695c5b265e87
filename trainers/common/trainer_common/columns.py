"""Converts columns of an Arrow table, and says which one does not hold what it should."""

import pyarrow as pa

from trainer_common.failures import UserError


def as_text(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Returns a column as text; a code such as a soil type's may come as a number from CSV.

    Raises:
        UserError: It holds something that has no text, such as lists.
    """
    try:
        return table[name].cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(f"column {name!r}: expected text, found {table.schema.field(name).type}") from error


def as_numbers(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    """Returns a column as numbers of an Arrow type, rounded where it has fewer digits.

    Raises:
        UserError: It holds something else.
    """
    try:
        return table[name].cast(kind, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"column {name!r}: expected numbers, found {table.schema.field(name).type} ({error}); cast it in the query "
            "that writes the data"
        ) from error


def label_column(table: pa.Table, target: str) -> pa.ChunkedArray:
    """Returns the column to predict.

    Raises:
        UserError: A label is missing.
    """
    column = table[target]
    if column.null_count:
        raise UserError(f"column {target!r}: {column.null_count} of {len(column)} labels are missing; drop those rows")
    return column
