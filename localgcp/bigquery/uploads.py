"""Load jobs whose file comes with the request: multipart, or a resumable session of several calls.

https://cloud.google.com/bigquery/docs/reference/api-uploads
"""

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from localgcp.errors import invalid_argument, not_found
from localgcp.routing import Request, parse_json

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Session:
    """One resumable upload."""

    project: str
    body: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is.

    Attributes:
        received_bytes: the length of what has arrived.
        session: the session, once it is complete.
    """

    received_bytes: int
    session: Session | None = None


class Uploads:
    """Receives files into a folder; the caller removes what it was given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def multipart(self, request: Request) -> tuple[dict[str, Any], Path]:
        """Return the job and the file of a `uploadType=multipart` call.

        Raises:
            ApiError: 400 where the body does not have its two parts.
        """
        boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
        if boundary is None:
            raise invalid_argument("A multipart upload needs Content-Type: multipart/related with a boundary.")
        parts = request.body.split(b"--" + boundary[1].encode())[1:-1]
        if len(parts) != 2:
            raise invalid_argument(f"A multipart upload has two parts, the job and the file; {len(parts)} were sent.")
        metadata, content = (
            part.removeprefix(b"\r\n").partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts
        )
        path = self._new_path()
        path.write_bytes(content)
        return parse_json(metadata), path

    def start(self, request: Request) -> str:
        """Open a resumable session and return its id."""
        session_id = uuid4().hex
        path = self._new_path()
        path.touch()
        with self._lock:
            self._sessions[session_id] = Session(request.params["projectId"], request.json(), path)
        return session_id

    def receive(self, session_id: str, content_range: str, content: bytes) -> Progress:
        """Take in a chunk; the last one completes and closes the session.

        Raises:
            ApiError: 400 for a range that does not continue the file, 404 for a session that is not open.
        """
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                raise not_found(f"Upload session {session_id} is not open. Start the upload again.")
            size = session.path.stat().st_size
            found = _RANGE.fullmatch(content_range or f"bytes 0-{len(content) - 1}/{len(content)}")
            if content_range and found is None:
                raise invalid_argument(f"Invalid Content-Range {content_range!r}.")
            total = found[3] if found else str(len(content))
            if found and found[1] is not None:
                if int(found[1]) != size:
                    raise invalid_argument(f"The chunk starts at byte {found[1]}; {size} bytes have arrived.")
                with session.path.open("ab") as file:
                    file.write(content)
                size += len(content)
            if total == "*" or size < int(total):
                return Progress(size)
            del self._sessions[session_id]
        return Progress(size, session)

    def _new_path(self) -> Path:
        return self._folder / uuid4().hex
