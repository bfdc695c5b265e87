"""What the check of a split says, read from the counts per split and class. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timberline.data.splitting import SPLITS
from timberline.run.errors import DataError, SplitError


@dataclass(frozen=True, slots=True)
class SplitCount:
    """Rows of one class in one split.

    Attributes:
        split: the split's name, or `unused`.
        label: the class.
        rows: how many rows.
        shared: how many of them have a twin in another split.
    """

    split: str
    label: int | None
    rows: int
    shared: int


def check_splits(
    counts: Sequence[SplitCount], *, target: str, known: Iterable[int], wanted: Iterable[int], table: str
) -> None:
    """Check that every split can be used for every model.

    Args:
        counts: what the split made.
        target: the class column.
        known: the classes that there may be.
        wanted: the classes that models are trained for.
        table: what messages call the table.

    Raises:
        DataError: a class is none of the known ones.
        SplitError: a split is empty, or empty of a wanted class, or shares rows with another.
    """
    classes = sorted(known)
    strangers = sorted({str(each.label) for each in counts if each.label not in classes})
    if strangers:
        rows = sum(each.rows for each in counts if each.label not in classes)
        raise DataError(
            f"{table}: {target} is {', '.join(strangers)} in {rows} rows; expected {classes[0]} to {classes[-1]}"
        )
    shared = sum(each.shared for each in counts if each.split in SPLITS)
    if shared:
        raise SplitError(f"{table}: {shared} rows are in more than one split; their key has to be in one split alone")
    totals = rows_per_split(counts)
    for split in SPLITS:
        if not totals[split]:
            found = ", ".join(f"{name} {rows}" for name, rows in totals.items())
            raise SplitError(
                f"split {split} of {table} is empty (rows: {found}); choose another split scheme, or more rows"
            )
        for label in wanted:
            if not any(each.split == split and each.label == label and each.rows for each in counts):
                raise SplitError(
                    f"split {split} of {table} has no row of {target} {label}; leave it out, or choose more rows"
                )


def rows_per_split(counts: Iterable[SplitCount]) -> dict[str, int]:
    """Return the rows of each split."""
    found = list(counts)
    return {split: sum(each.rows for each in found if each.split == split) for split in SPLITS}


def rows_per_label(counts: Iterable[SplitCount]) -> dict[str, dict[str, int]]:
    """Return the rows of each class per split; classes as text, as JSON has keys."""
    found = list(counts)
    labels = sorted({each.label for each in found if each.label is not None})
    return {str(label): rows_per_split(each for each in found if each.label == label) for label in labels}
