"""The parts of HTTP that uploads and downloads use: ranges and stated digests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localgcp.core.http.errors import invalid_argument
from localgcp.services.storage.objects.content import Written

_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?:(?P<total>\d+)|\*)")
_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """What a call of a resumable upload brings.

    Attributes:
        first: the position of its first byte; None for a call that asks how far the upload is.
        total: the size of the whole object, None while it is unknown.
        length: how many bytes it brings.
    """

    first: int | None
    total: int | None
    length: int = 0


def content_range(header: str | None, length: int, *, is_whole: bool = True) -> ContentRange:
    """Read a Content-Range header; without one the call brings the whole object.

    Args:
        length: the bytes of the body.
        is_whole: the body has not been cut off.

    Raises:
        ApiError: 400 for a header that is malformed or does not fit the body.
    """
    if header is None:
        return ContentRange(0, length if is_whole else None, length)
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        raise invalid_argument(f"Failed to parse Content-Range header {header!r}.")
    total = int(found["total"]) if found["total"] else None
    if found["first"] is None:
        if length:
            raise invalid_argument(f"Content-Range {header!r} announces no bytes, and the body has {length}.")
        return ContentRange(None, total)
    first, last = int(found["first"]), int(found["last"])
    if (is_whole and last - first + 1 != length) or (total is not None and last >= total):
        raise invalid_argument(f"Content-Range {header!r} does not fit a body of {length} bytes.")
    return ContentRange(first, total, length)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the (first position, length) that a Range header asks for; length 0 where it lies outside of the object.

    None stands for the whole object: without the header, and, as RFC 9110 has it, for one that is malformed or has
    several ranges.
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


def stated_hashes(metadata: Mapping[str, object], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the digests (`crc32c`, `md5`, in base64) that an upload states in its metadata or its headers.

    https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash
    """
    stated = {"crc32c": metadata.get("crc32c"), "md5": metadata.get("md5Hash") or headers.get("content-md5")}
    for item in headers.get("x-goog-hash", "").split(","):
        name, separator, value = item.strip().partition("=")
        if separator and name in stated:
            stated[name] = value
    return {name: str(value) for name, value in stated.items() if value}


def check_hashes(written: Written, stated: Mapping[str, str]) -> None:
    """Compare the bytes that arrived with the stated digests.

    Raises:
        ApiError: 400 where one differs.
    """
    for name, value in stated.items():
        found = written.crc32c if name == "crc32c" else written.md5
        if value != found:
            label = name.upper()
            raise invalid_argument(f'Provided {label} "{value}" doesn\'t match calculated {label} "{found}".')
