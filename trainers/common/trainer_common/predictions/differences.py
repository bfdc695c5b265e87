"""Compare an answer of a served model with the one that its trainer recorded."""

TOLERANCE = 1e-6
"""The largest difference between equal numbers: processors differ in the last bits."""


def class_difference(found: object, expected: object) -> str | None:
    """Return what was expected and found where two classes differ, else None."""
    return None if found == expected else f"expected class {expected}, found {found}"


def probability_difference(found: float, expected: float) -> str | None:
    """Return what was expected and found where two probabilities differ by more than `TOLERANCE`, else None."""
    # NaN fails the comparison, and so counts as a difference.
    if abs(found - expected) <= TOLERANCE:
        return None
    return f"expected probability {expected:.6f}, found {found:.6f}"


def value_difference(found: float, expected: float) -> str | None:
    """Return what was expected and found where two values of any size differ, else None.

    The allowed difference is `TOLERANCE` times the expected absolute value, at least `TOLERANCE`.
    """
    if abs(found - expected) <= TOLERANCE * max(1.0, abs(expected)):
        return None
    return f"expected value {expected:.9g}, found {found:.9g}"
