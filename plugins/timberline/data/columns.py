"""Columns that a table or file has to have. Pure."""

from collections.abc import Sequence

from timberline.run.errors import ColumnError
from timberline.run.wording import nearest


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
