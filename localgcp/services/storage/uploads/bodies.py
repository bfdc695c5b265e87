"""Multipart bodies (RFC 2046) of batches, which are held in memory, and of uploads, which are read as streams."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from localgcp.core.conventions.errors import ApiError, invalid_argument

_PIECE_BYTES = 1 << 20
_HEAD_BYTES = 1 << 20  # metadata is far smaller
_TAIL_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part of a multipart body; header names are lower-case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class UploadBody:
    """The two parts of an upload body.

    Attributes:
        metadata: the Object resource, as JSON.
        media_headers: the headers of the second part; names are lower-case.
        media: the bytes of the object in pieces.
    """

    metadata: bytes
    media_headers: Mapping[str, str]
    media: Iterator[bytes]


def multipart(content_type: str, body: bytes) -> list[BodyPart]:
    """Split a multipart body into its parts; lines may end with LF alone, because some clients write them so.

    Raises:
        ApiError: 400 for a content type without boundary, or a body that does not use it.
    """
    delimiter = _delimiter(content_type)
    start = body.find(delimiter)
    line_end = _line_end(body, start + len(delimiter))
    if start < 0 or body.find(line_end + delimiter + b"--", start) < 0:
        raise _malformed()
    sections = body[start + len(delimiter) : body.rfind(line_end + delimiter + b"--")].split(line_end + delimiter)
    return [_part(section.removeprefix(line_end), line_end) for section in sections]


def related(content_type: str, stream: IO[bytes]) -> UploadBody:
    """Read an upload of two parts, and hold only the first part in memory.

    Raises:
        ApiError: 400 for a content type without boundary, a body that does not use it, or another number of parts.
    """
    delimiter = _delimiter(content_type)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    first = head.find(delimiter) + len(delimiter)
    line_end = _line_end(head, first)
    between = line_end + delimiter
    end = _end(stream, size, between + b"--")
    second = head.find(between, first) + len(between)
    if first < len(delimiter) or end < first:
        raise _malformed()
    if second < len(between) or second >= end or 0 <= head.find(between, second) < end:
        raise invalid_argument("A multipart upload has two parts, metadata and media.")
    metadata = _part(head[first : second - len(between)].removeprefix(line_end), line_end)
    media = _part(head[second:end].removeprefix(line_end), line_end)
    start = min(end, len(head)) - len(media.body)
    return UploadBody(metadata.body, media.headers, pieces(stream, start, end))


def pieces(stream: IO[bytes], start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a stream between two positions in pieces of up to 1 MiB."""
    stream.seek(start)
    while end is None or start < end:
        piece = stream.read(_PIECE_BYTES if end is None else min(_PIECE_BYTES, end - start))
        if not piece:
            return
        start += len(piece)
        yield piece


def _delimiter(content_type: str) -> bytes:
    found = re.search(r'boundary=(?:"([^"]+)"|([^\s;]+))', content_type)
    if found is None:
        raise invalid_argument(f"Missing boundary in the content type {content_type!r} of a multipart request.")
    return b"--" + (found[1] or found[2]).encode()


def _line_end(text: bytes, position: int) -> bytes:
    return b"\r\n" if text[position : position + 2] == b"\r\n" else b"\n"


def _end(stream: IO[bytes], size: int, closing: bytes) -> int:
    """Return the position of the closing delimiter, or -1 without one."""
    start = stream.seek(max(0, size - len(closing) - _TAIL_BYTES))
    found = stream.read().rfind(closing)
    return start + found if found >= 0 else -1


def _part(section: bytes, line_end: bytes) -> BodyPart:
    if section.startswith(line_end):
        return BodyPart({}, section[len(line_end) :])
    head, separator, body = section.partition(line_end * 2)
    if not separator:
        raise invalid_argument("Malformed multipart body: a part has no empty line after its headers.")
    lines = [line.partition(":") for line in head.decode("latin-1").splitlines()]
    return BodyPart({name.strip().lower(): value.strip() for name, _, value in lines}, body)


def _malformed() -> ApiError:
    return invalid_argument(
        "Malformed multipart body: it does not begin and end with the boundary of its content type."
    )
