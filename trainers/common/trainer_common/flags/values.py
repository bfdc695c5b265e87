"""Read the values of flags."""

import argparse
import math


def integer(text: str) -> int:
    """Return an integer; also read "200.0", because tuning services send integer parameters as floats.

    Raises:
        argparse.ArgumentTypeError: The text is not an integer.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"expected a whole number such as 200 or 200.0, found {text!r}")
    return int(value)


def number(text: str) -> float:
    """Return a finite number.

    Raises:
        argparse.ArgumentTypeError: The text is not a finite number.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}")
    return value


def locations(text: str) -> list[str]:
    """Return the locations in a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]
