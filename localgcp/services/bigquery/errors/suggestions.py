"""Names that may have been meant: `; Did you mean name?`."""

from collections.abc import Iterable
from math import ceil


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name, or nothing where no known name is close.

    A fifth of its characters, and at least one, may be wrong.
    """
    most = ceil(len(name) / 5)
    near = sorted((_distance(name.lower(), other.lower()), other) for other in known)
    return f"; Did you mean {near[0][1]}?" if near and near[0][0] <= most else ""


def _distance(first: str, second: str) -> int:
    """Return how many characters to change, add or leave out make one text of the other."""
    row = list(range(len(second) + 1))
    for position, left in enumerate(first, start=1):
        before, row[0] = row[0], position
        for index, right in enumerate(second, start=1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (left != right))
    return row[-1]
