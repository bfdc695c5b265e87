"""The check of a split, from the counts per split and group. Pure.

A group is a class of the target or a segment: rows that every split must have. A regression on all rows has no groups.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timberline.data.datasets.data_set import Groups
from timberline.data.segments import in_order, in_words
from timberline.data.splitting import SPLITS
from timberline.run.errors import DataError, SplitError


@dataclass(frozen=True, slots=True)
class SplitCount:
    """Rows of one group in one split.

    Attributes:
        split: the split's name, or `unused`.
        group: the class or segment as text; None for rows without one, and if there are no groups.
        rows: how many rows.
        shared: how many of them have the same fingerprint as a row of another split.
    """

    split: str
    group: str | None
    rows: int
    shared: int


def check_splits(counts: Sequence[SplitCount], groups: Groups, table: str) -> None:
    """Check that every split can be used for every model.

    Args:
        counts: the rows of each split and group.
        groups: the groups that the rows may and must have.
        table: what messages call the table.

    Raises:
        DataError: a group is not a known one.
        SplitError: a split has no rows, or none of a required group, or shares rows with another split.
    """
    _check_known(counts, groups, table)
    shared = sum(each.shared for each in counts if each.split in SPLITS)
    if shared:
        raise SplitError(f"{table}: {shared} rows are in more than one split; their key must be in one split alone")
    totals = rows_per_split(counts)
    for split in SPLITS:
        if not totals[split]:
            found = ", ".join(f"{name} {rows}" for name, rows in totals.items())
            raise SplitError(
                f"split {split} of {table} is empty (rows: {found}); choose another split scheme, or more rows"
            )
        for group in groups.required:
            if not any(each.split == split and each.group == group and each.rows for each in counts):
                raise SplitError(
                    f"split {split} of {table} has no row of {groups.column} {group}; leave it out, or choose more rows"
                )


def rows_per_split(counts: Iterable[SplitCount]) -> dict[str, int]:
    """Return the rows of each split."""
    found = list(counts)
    return {split: sum(each.rows for each in found if each.split == split) for split in SPLITS}


def rows_per_group(counts: Iterable[SplitCount]) -> dict[str, dict[str, int]]:
    """Return the rows of each group per split."""
    found = list(counts)
    groups = in_order({each.group for each in found if each.group is not None})
    return {group: rows_per_split(each for each in found if each.group == group) for group in groups}


def _check_known(counts: Sequence[SplitCount], groups: Groups, table: str) -> None:
    strangers = [each for each in counts if groups.known and each.group not in groups.known]
    if strangers:
        values = ", ".join(sorted({str(each.group) for each in strangers}))
        raise DataError(
            f"{table}: {groups.column} is {values} in {sum(each.rows for each in strangers)} rows; "
            f"expected {in_words(list(groups.known))}"
        )
