"""Resumable uploads: https://cloud.google.com/storage/docs/performing-resumable-uploads.

A session survives a restart of the server: its partial file holds what has arrived. The id of the session becomes the
content id of the object, so that a restarted server can tell whether the session already created its object.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import IO
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, invalid_argument, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.services.storage.objects.commit import ObjectCommit
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.targets import ObjectTarget
from localgcp.services.storage.uploads.bodies import pieces
from localgcp.services.storage.uploads.media import ContentRange, check_hashes
from localgcp.services.storage.uploads.session import ResumableSession, UploadProgress

_CHUNK_MULTIPLE_BYTES = 256 * 1024
_FINISHED_KEPT = 1000
_LOCKS = 64


class ResumableUploads:
    """The sessions of one server."""

    def __init__(self, state: State, data: StoredData, commit: ObjectCommit) -> None:
        """Load the sessions, drop expired ones, and finish those that a killed server left unfinished."""
        self._collection = state.collection("storage.uploads")
        self._sessions = self._collection.records(ResumableSession.from_json)
        self._data = data
        self._commit = commit
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._finished: deque[str] = deque()
        for session in list(self._sessions.values()):
            if session.is_expired:
                self._forget(session.id)
            elif session.result is not None:
                self._finished.append(session.id)
            elif created := self._created_object(session):
                self._finish(session, created)

    def session_ids(self) -> set[str]:
        """Return the ids of all sessions, which are the names of their partial files."""
        return set(self._sessions)

    def start(self, target: ObjectTarget, hashes: Mapping[str, str], size_bytes: int | None) -> str:
        """Open a session and return its id.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions.
        """
        self._commit.check_target(target)
        session = ResumableSession(
            id=uuid4().hex, target=target, created=CLOCK.text(), hashes=hashes, size_bytes=size_bytes
        )
        self._data.content.partial_path(session.id).touch()
        self._put(session)
        return session.id

    def receive(
        self, session_id: str, part: ContentRange, body: IO[bytes], hashes: Mapping[str, str]
    ) -> UploadProgress:
        """Append the bytes of one request, and create the object when the upload is complete.

        Args:
            hashes: the digests that the headers of this request state.

        Raises:
            ApiError: 404 for the session; 400 for bytes that do not continue it or a digest that differs; 412 for the
                conditions. A complete upload that is refused ends the session.
        """
        with self._lock(session_id):
            session = self._get(session_id)
            if session.result is not None:
                return UploadProgress(session.result.size_bytes, session.result)
            total = part.total if part.total is not None else session.size_bytes
            _check_total(session, part)
            arrived = self._append(session, part, body, total)
            if arrived != total:
                return UploadProgress(arrived)
            return UploadProgress(arrived, self._complete(replace(session, hashes={**session.hashes, **hashes})))

    def receive_broken_off(self, session_id: str, part: ContentRange, body: IO[bytes]) -> UploadProgress:
        """Append the received bytes of an interrupted request, in whole multiples of 256 KiB, as Google does.

        Raises:
            ApiError: 404 for the session; 400 for bytes that do not continue it.
        """
        length = part.length - part.length % _CHUNK_MULTIPLE_BYTES
        with self._lock(session_id):
            session = self._get(session_id)
            if session.result is not None or part.first is None:
                return UploadProgress(part.first or 0, session.result)
            return UploadProgress(self._append(session, replace(part, length=length), body, None))

    def cancel(self, session_id: str) -> None:
        """End a session without an object.

        Raises:
            ApiError: 404.
        """
        with self._lock(session_id):
            self._get(session_id)
            self._forget(session_id)

    def _append(self, session: ResumableSession, part: ContentRange, body: IO[bytes], total: int | None) -> int:
        path = self._data.content.partial_path(session.id)
        arrived = path.stat().st_size
        if total is not None and total < arrived:
            raise invalid_argument(f"Content-Range says {total} bytes in all, but {arrived} have arrived already.")
        if part.first is None:
            return arrived
        if part.first > arrived:
            raise invalid_argument(
                f"Invalid request. According to the Content-Range header, the upload offset is {part.first} byte(s), "
                f"which exceeds already uploaded size of {arrived} byte(s)."
            )
        end = part.first + part.length
        if end != total and part.length % _CHUNK_MULTIPLE_BYTES:
            raise invalid_argument(
                f"All chunks but the last must be a multiple of {_CHUNK_MULTIPLE_BYTES} bytes, not {part.length}."
            )
        with path.open("ab") as file:
            # A client that missed the response to its last chunk sends that chunk again.
            for piece in pieces(body, arrived - part.first, part.length):
                file.write(piece)
        return path.stat().st_size

    def _complete(self, session: ResumableSession) -> StoredObject:
        content = self._data.content
        partial = content.partial_path(session.id)
        try:
            written = content.measure(partial)
            check_hashes(written, session.hashes)
            content.share(partial, session.id)
            stored = self._commit.commit(session.target, written)
        except ApiError:
            self._forget(session.id)
            raise
        self._finish(session, stored)
        return stored

    def _finish(self, session: ResumableSession, result: StoredObject) -> None:
        self._put(replace(session, result=result))
        self._data.content.partial_path(session.id).unlink(missing_ok=True)
        self._finished.append(session.id)
        while len(self._finished) > _FINISHED_KEPT:
            self._forget(self._finished.popleft())

    def _created_object(self, session: ResumableSession) -> StoredObject | None:
        """Return the object of a session whose server was killed between creating the object and recording it."""
        return self._data.objects.find(session.target.bucket, session.target.name, session.id)

    def _put(self, session: ResumableSession) -> None:
        self._collection.put(session.id, session.to_json())
        self._sessions[session.id] = session

    def _forget(self, session_id: str) -> None:
        self._collection.delete(session_id)
        self._sessions.pop(session_id, None)
        self._data.content.partial_path(session_id).unlink(missing_ok=True)

    def _get(self, session_id: str) -> ResumableSession:
        session = self._sessions.get(session_id)
        if session is not None and not session.is_expired:
            return session
        if session is not None:
            self._forget(session_id)
        raise not_found(f"No upload session {session_id}: it has ended or expired. Start the upload again.")

    def _lock(self, session_id: str) -> threading.Lock:
        """Return the lock that orders the requests of a session; two sessions may share a lock."""
        return self._locks[hash(session_id) % _LOCKS]


def _check_total(session: ResumableSession, part: ContentRange) -> None:
    if None not in (part.total, session.size_bytes) and part.total != session.size_bytes:
        raise invalid_argument(
            f"The upload announced {session.size_bytes} bytes, but Content-Range now says {part.total}."
        )
