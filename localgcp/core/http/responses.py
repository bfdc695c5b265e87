"""Sends a reply as an ASGI response.

Starlette's responses would not make this code shorter for bytes, and would take twice the CPU time to stream a file.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from localgcp.core.http.routing import Reply

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHUNK_BYTES = 1 << 20


async def send_reply(send: Send, reply: Reply, *, head: bool = False) -> None:
    """Send a reply; a HEAD request gets the headers alone."""
    headers = dict(reply.headers)
    body = reply.body
    if isinstance(body, dict):
        body = json.dumps(body, separators=(",", ":")).encode()
        headers.setdefault("content-type", "application/json; charset=UTF-8")
    if reply.status in (204, 304):  # HTTP allows no body with these statuses
        body = b""
    elif not isinstance(body, Iterator):  # a body of unknown length
        length = len(body) if isinstance(body, bytes) else _file_length(body, reply)
        headers.setdefault("content-length", str(length))
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if head or isinstance(body, bytes):
        await send({"type": "http.response.body", "body": b"" if head or not isinstance(body, bytes) else body})
        return
    for piece in _file_chunks(body, reply.offset, length) if isinstance(body, Path) else body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _file_length(path: Path, reply: Reply) -> int:
    return path.stat().st_size - reply.offset if reply.length is None else reply.length


def _file_chunks(path: Path, offset: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while length > 0 and (chunk := file.read(min(_CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
