"""The headers of uploads: Content-Range, and the digests that a client states."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.storage.objects.content import ContentFile

_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?:(?P<total>\d+)|\*)")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """The bytes that one request of a resumable upload sends.

    Attributes:
        first: the position of the first byte; None for a request that asks how many bytes have arrived.
        total: the size of the whole object; None while the client does not know it.
        length: the number of bytes in the request.
    """

    first: int | None
    total: int | None
    length: int = 0


def content_range(header: str | None, length: int, *, is_whole: bool = True) -> ContentRange:
    """Read a Content-Range header; a request without it sends the whole object.

    Args:
        length: the bytes of the body.
        is_whole: whether the whole body arrived.

    Raises:
        ApiError: 400 for a malformed header, or one that contradicts the length of the body.
    """
    if header is None:
        return ContentRange(0, length if is_whole else None, length)
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        raise invalid_argument(f"Failed to parse Content-Range header {header!r}.")
    total = int(found["total"]) if found["total"] else None
    if found["first"] is None:
        if length:
            raise invalid_argument(f"Content-Range {header!r} announces no bytes, but the body has {length}.")
        return ContentRange(None, total)
    first, last = int(found["first"]), int(found["last"])
    if (is_whole and last - first + 1 != length) or (total is not None and last >= total):
        raise invalid_argument(f"Content-Range {header!r} does not match a body of {length} bytes.")
    return ContentRange(first, total, length)


def stated_hashes(metadata: Mapping[str, object], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the digests (`crc32c`, `md5`, in base64) that a client states in the metadata or headers of an upload.

    https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash
    """
    stated = {"crc32c": metadata.get("crc32c"), "md5": metadata.get("md5Hash") or headers.get("content-md5")}
    for item in headers.get("x-goog-hash", "").split(","):
        name, separator, value = item.strip().partition("=")
        if separator and name in stated:
            stated[name] = value
    return {name: str(value) for name, value in stated.items() if value}


def check_hashes(written: ContentFile, stated: Mapping[str, str]) -> None:
    """Compare the uploaded bytes with the digests that the client stated.

    Raises:
        ApiError: 400 if a digest differs.
    """
    for name, value in stated.items():
        found = written.crc32c if name == "crc32c" else written.md5
        if value != found:
            label = name.upper()
            raise invalid_argument(f'Provided {label} "{value}" doesn\'t match calculated {label} "{found}".')
