"""Check and convert the columns of an Arrow table; an error names the column."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from trainer_common.failures import UserError


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureColumns:
    """The columns that a model reads, numeric ones first."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order in which the model takes the columns."""
        return self.numeric + self.categorical


def as_text(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Return a column as text. A category such as the code 4758 is a number in a CSV file.

    Raises:
        UserError: The column's type, such as a list, has no text.
    """
    try:
        return table[name].cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(f"column {name!r}: expected text, found {table.schema.field(name).type}") from error


def as_numbers(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    """Return a column as numbers of an Arrow type, rounded where that type has fewer digits.

    Raises:
        UserError: The column holds something else.
    """
    try:
        return table[name].cast(kind, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"column {name!r}: expected numbers, found {table.schema.field(name).type} ({error}); cast it in the query "
            "that writes the data"
        ) from error


def require_columns(found: Sequence[str], expected: Sequence[str], source: str) -> None:
    """Check that no column is missing.

    Args:
        found: The columns of the data.
        expected: The columns that must be there.
        source: What the message calls the data.

    Raises:
        UserError: A column is missing; the message has the nearest existing name.
    """
    missing = [name for name in expected if name not in found]
    if not missing:
        return
    hints = []
    for name in missing:
        folded = {other.casefold(): other for other in found}
        near = difflib.get_close_matches(name.casefold(), folded, n=1)
        hints.append(f"{name!r}" + (f" (nearest: {folded[near[0]]!r})" if near else ""))
    raise UserError(
        f"{source} lacks column {', '.join(hints)}: expected {', '.join(expected)}; found {', '.join(found) or 'none'}"
        "; rename the column in the query that writes the data, or correct the flag"
    )
