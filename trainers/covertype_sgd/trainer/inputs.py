"""Reads the rows of each split and checks that they can be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from trainer_common.covertype import CATEGORICAL, FEATURES
from trainer_common.failures import UserError
from trainer_common.tables import read_table

from trainer.features import TARGET, Labels, Rows, read_labels, to_rows


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of one split."""

    name: str
    """`train`, `validation` or `test`"""
    rows: Rows
    labels: Labels


def read_split(name: str, locations: Sequence[str]) -> Split:
    """Reads one split.

    Args:
        name: What the metrics call it.
        locations: Where its rows are.

    Returns:
        The rows, at least one.

    Raises:
        UserError: The rows cannot be read, a value is missing, or there are none.
    """
    # A soil code such as 4758 is a name: a shard that holds nothing else must not make numbers of it.
    table = read_table(locations, [*FEATURES, TARGET], texts=CATEGORICAL)
    return Split(name, to_rows(table), read_labels(table))


def join(name: str, *splits: Split) -> Split:
    """Puts the rows of splits one after another, under a new name."""
    return Split(
        name,
        np.concatenate([split.rows for split in splits]),
        np.concatenate([split.labels for split in splits]),
    )


def require_two_classes(split: Split) -> None:
    """Checks that there is something to tell apart.

    Raises:
        UserError: All rows are of one class.
    """
    found = np.unique(split.labels)
    if found.size < 2:
        raise UserError(
            f"column {TARGET!r}: expected at least two classes in the rows to fit, found {found[0]} alone "
            f"({split.labels.size:,} rows); check the split"
        )
