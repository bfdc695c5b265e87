"""Values as the JSON API writes them: whole numbers, booleans and times."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localgcp.core.conventions.errors import invalid_argument


def integer(name: str, value: str | int | None) -> int | None:
    """Return a whole number that a request sends as text or as a JSON number.

    Args:
        name: the parameter or field, for the message.

    Returns:
        The number, or None if it is absent or empty.

    Raises:
        ApiError: 400 if the value is not a whole number.
    """
    if value is None or value == "":
        return None
    if not re.fullmatch(r"-?[0-9]+", str(value)):
        raise invalid_argument(f"Invalid value '{value}' for {name}: expected a whole number.")
    return int(value)


def is_true(settings: Mapping[str, Any], name: str) -> bool:
    """Return whether a boolean field is true; clients send booleans as JSON and as text."""
    return settings.get(name) in (True, "true")


def timestamp(text: str) -> datetime:
    """Read a time in RFC 3339.

    Raises:
        ApiError: 400 for another format, or for a time without a time zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_argument(f"Invalid time {text!r}: expected RFC 3339.") from error
    if found.tzinfo is None:
        raise invalid_argument(f"Invalid time {text!r}: it has no time zone; add Z or an offset such as +01:00.")
    return found


def rfc3339(time: datetime) -> str:
    """Return a time in UTC as Google writes it, to the microsecond."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
