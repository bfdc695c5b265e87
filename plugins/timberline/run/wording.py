"""Phrases that several error messages share."""

import difflib
from collections.abc import Collection

_LEAST_LIKENESS = 0.4  # of 1; finds minValue for minimum, and nothing for a word of another world


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that is most like `name`, or None where none is close; letter case does not count."""
    folded = {other.casefold(): other for other in known}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=_LEAST_LIKENESS)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, else all of them."""
    near = nearest(name, known)
    return f"did you mean {str(near)!r}?" if near else f"expected one of {', '.join(sorted(known))}"
