"""The Range header of a download."""

import re

_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the range that a Range header asks for.

    Args:
        size: the size of the object in bytes.

    Returns:
        The first position and the length in bytes; length 0 for a range outside of the object. None means the whole
        object: without a header and, by RFC 9110, for a malformed header or one with several ranges.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        length = min(int(found["last"]), size)
        return size - length, length
    first = int(found["first"])
    last = min(int(found["last"]), size - 1) if found["last"] else size - 1
    if found["last"] and int(found["last"]) < first:
        return None
    return first, max(0, last - first + 1)
