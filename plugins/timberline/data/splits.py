"""What the check of a split says, read from the counts per lot and class. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timberline.data.splitting import LOTS
from timberline.run.errors import DataError, LotError


@dataclass(frozen=True, slots=True)
class LotCount:
    """Rows of one class in one lot.

    Attributes:
        lot: the lot's name, or `unused`.
        label: the class.
        rows: how many rows.
        shared: how many of them have a twin in another lot.
    """

    lot: str
    label: int | None
    rows: int
    shared: int


def check_lots(
    counts: Sequence[LotCount], *, target: str, known: Iterable[int], wanted: Iterable[int], table: str
) -> None:
    """Check that every lot can be used for every model.

    Args:
        counts: what the split made.
        target: the class column.
        known: the classes that there may be.
        wanted: the classes that models are trained for.
        table: what messages call the table.

    Raises:
        DataError: a class is none of the known ones.
        LotError: a lot is empty, or empty of a wanted class, or shares rows with another.
    """
    classes = sorted(known)
    strangers = sorted({str(each.label) for each in counts if each.label not in classes})
    if strangers:
        rows = sum(each.rows for each in counts if each.label not in classes)
        raise DataError(
            f"{table}: {target} is {', '.join(strangers)} in {rows} rows; expected {classes[0]} to {classes[-1]}"
        )
    shared = sum(each.shared for each in counts if each.lot in LOTS)
    if shared:
        raise LotError(f"{table}: {shared} rows are in more than one lot; their key has to be in one lot alone")
    totals = rows_per_lot(counts)
    for lot in LOTS:
        if not totals[lot]:
            found = ", ".join(f"{name} {rows}" for name, rows in totals.items())
            raise LotError(f"lot {lot} of {table} is empty (rows: {found}); choose another split scheme, or more rows")
        for label in wanted:
            if not any(each.lot == lot and each.label == label and each.rows for each in counts):
                raise LotError(
                    f"lot {lot} of {table} has no row of {target} {label}; leave it out, or choose more rows"
                )


def rows_per_lot(counts: Iterable[LotCount]) -> dict[str, int]:
    """Return the rows of each lot."""
    found = list(counts)
    return {lot: sum(each.rows for each in found if each.lot == lot) for lot in LOTS}


def rows_per_label(counts: Iterable[LotCount]) -> dict[str, dict[str, int]]:
    """Return the rows of each class per lot; classes as text, as JSON has keys."""
    found = list(counts)
    labels = sorted({each.label for each in found if each.label is not None})
    return {str(label): rows_per_lot(each for each in found if each.label == label) for label in labels}
