"""Uploaded files of load jobs: multipart requests, and resumable uploads in several calls.

https://cloud.google.com/bigquery/docs/reference/api-uploads
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument, not_found
from localgcp.core.http.routing import Request, parse_json
from localgcp.services.storage.uploads.bodies import pieces, related
from localgcp.services.storage.uploads.media import content_range


@dataclass(frozen=True, slots=True)
class UploadSession:
    """One resumable upload."""

    project: str
    body: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a resumable upload.

    Attributes:
        received_bytes: the number of bytes that have arrived.
        session: the upload if it is complete, else None.
    """

    received_bytes: int
    session: UploadSession | None = None


class LoadUploads:
    """Receives files into a folder; the caller removes each file that it gets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._sessions: dict[str, UploadSession] = {}

    def multipart(self, request: Request) -> tuple[dict[str, Any], Path]:
        """Return the job and the file of a request with `uploadType=multipart`.

        Raises:
            ApiError: 400 if the body does not have two parts.
        """
        if not request.is_whole:
            raise invalid_argument("The connection ended within the body.")
        parts = related(request.headers.get("content-type", ""), request.reader())
        body = parse_json(parts.metadata)
        path = self._new_path()
        with path.open("wb") as file:
            file.writelines(parts.media)
        return body, path

    def start(self, request: Request) -> str:
        """Start a resumable upload and return its id."""
        body = parse_json(request.reader().read())
        session_id = uuid4().hex
        path = self._new_path()
        path.touch()
        with self._lock:
            self._sessions[session_id] = UploadSession(request.params["projectId"], body, path)
        return session_id

    def receive(self, session_id: str, request: Request) -> Progress:
        """Receive a chunk; the last one completes the upload.

        Raises:
            ApiError: 400 for a range that does not continue the file, 404 for an unknown upload.
        """
        body = request.reader()
        length = body.seek(0, os.SEEK_END)
        part = content_range(request.headers.get("content-range"), length, is_whole=request.is_whole)
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                raise not_found(f"Upload session {session_id} is not open. Start the upload again.")
            size = session.path.stat().st_size
            if part.first is not None:
                if part.first > size:
                    raise invalid_argument(f"The chunk starts at byte {part.first}; {size} bytes have arrived.")
                with session.path.open("ab") as file:
                    # A client that got no answer for the last chunk sends it again.
                    file.writelines(pieces(body, size - part.first, part.length))
                size = session.path.stat().st_size
            if part.total is None or size < part.total:
                return Progress(size)
            del self._sessions[session_id]
        return Progress(size, session)

    def _new_path(self) -> Path:
        return self._folder / uuid4().hex
