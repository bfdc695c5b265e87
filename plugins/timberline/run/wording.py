"""Phrases that several error messages share."""

import difflib
from collections.abc import Collection

_LEAST_LIKENESS = 0.4  # of 1; minValue is near minimum; no match for unrelated words


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the known name most similar to `name`, or None where no name is similar; letter case does not count."""
    folded = {other.casefold(): other for other in known}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=_LEAST_LIKENESS)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known name, or else all known names."""
    near = nearest(name, known)
    return f"did you mean {str(near)!r}?" if near else f"expected one of {', '.join(sorted(known))}"
