"""Reads the rows of each split and checks that they can be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError
from trainer_common.tables import read_table

from trainer.features import BoolVector, Encoder, read_labels
from trainer.model import LabelledRows


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of one split as they were read."""

    name: str
    """`train`, `validation` or `test`"""
    table: pa.Table
    """Has the columns `FEATURES` and the target."""
    labels: BoolVector
    """Shape (n_rows,)."""

    def encode(self, encoder: Encoder) -> LabelledRows:
        """Returns the rows as arrays."""
        return LabelledRows(encoder.transform(self.table), self.labels)


def read_split(name: str, locations: Sequence[str], target: str, positive_class: str | None) -> Split:
    """Reads one split.

    Args:
        name: What messages call it.
        locations: Where its rows are.
        target: The column to predict.
        positive_class: The value of it that is positive; None when it is 0 and 1 already.

    Returns:
        The rows, at least one.

    Raises:
        UserError: The rows cannot be read, or there are none.
    """
    table = read_table(locations, [*FEATURES, target])
    return Split(name, table, read_labels(table, target, positive_class))


def require_both_classes(split: Split, target: str, positive_class: str | None) -> None:
    """Checks that there is something to tell apart.

    Args:
        split: The training rows.
        target: What the message calls the label's column.
        positive_class: What it calls the positive value; None for 1.

    Raises:
        UserError: No row is positive, or every row is.
    """
    positive = int(split.labels.sum())
    if 0 < positive < split.labels.size:
        return
    raise UserError(
        f"cannot tell {target} = {positive_class or 1} from the rest: expected positive and negative rows in --train, "
        f"found {positive} positive of {split.labels.size:,}; check --positive_class and the split"
    )
