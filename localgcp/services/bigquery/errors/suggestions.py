"""Suggestions for misspelt names: `; Did you mean name?`."""

from collections.abc import Iterable
from math import ceil


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the suggestion for an unknown name, or an empty string if no known name is similar.

    A similar name differs in at most a fifth of the characters, rounded up.
    """
    most = ceil(len(name) / 5)
    near = sorted((_distance(name.lower(), other.lower()), other) for other in known)
    return f"; Did you mean {near[0][1]}?" if near and near[0][0] <= most else ""


def _distance(first: str, second: str) -> int:
    """Return the Levenshtein distance of two texts."""
    row = list(range(len(second) + 1))
    for position, left in enumerate(first, start=1):
        before, row[0] = row[0], position
        for index, right in enumerate(second, start=1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (left != right))
    return row[-1]
