"""The bodies of requests: in memory up to a limit; large bodies of uploads in a temporary file."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_HELD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Body:
    """The received body of one request.

    Attributes:
        content: the body; empty if it is in `stream`, or was too large.
        stream: the body of an upload.
        is_whole: False if the client disconnected before the end.
        is_too_large: the body is over the limit and was dropped.
    """

    content: bytes = b""
    stream: IO[bytes] | None = None
    is_whole: bool = True
    is_too_large: bool = False

    def close(self) -> None:
        """Delete the temporary file."""
        if self.stream is not None:
            self.stream.close()


async def read(receive: Receive, limit_bytes: int) -> Body:
    """Read a body into memory."""
    chunks: list[bytes] = []
    size = 0

    def take(chunk: bytes) -> None:
        nonlocal size
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)

    is_whole = await _for_each_chunk(receive, take)
    if size > limit_bytes:
        return Body(is_whole=is_whole, is_too_large=True)
    return Body(b"".join(chunks), is_whole=is_whole)


async def spool(receive: Receive, folder: Path) -> Body:
    """Read a body of any size; a large one goes to a file without a name, which disappears with the process."""
    file = SpooledTemporaryFile(_HELD_BYTES, dir=str(folder))  # noqa: SIM115 - the request closes it
    try:
        is_whole = await _for_each_chunk(receive, file.write)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Body(stream=file, is_whole=is_whole)


async def _for_each_chunk(receive: Receive, take: Callable[[bytes], object]) -> bool:
    """Pass each chunk on, and return whether the whole body arrived."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        take(message.get("body", b""))
        if not message.get("more_body", False):
            return True
