"""Resumable uploads: https://cloud.google.com/storage/docs/performing-resumable-uploads.

A session survives a restart of the server: what has arrived is the length of its partial file. The id of a session is
the content id of the object that it becomes; that tells a restarted server whether the object was already made.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Self
from uuid import uuid4

from localgcp.core.http.errors import ApiError, invalid_argument, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import now
from localgcp.core.state.state import Collection
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import Target
from localgcp.services.storage.uploads.bodies import pieces
from localgcp.services.storage.uploads.media import ContentRange, check_hashes

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore

_CHUNK_MULTIPLE_BYTES = 256 * 1024
_LIFETIME = timedelta(days=7)
_FINISHED_KEPT = 1000
_LOCKS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One upload.

    Attributes:
        hashes: the digests that the client states, by `crc32c` and `md5`.
        size_bytes: the announced size of the object, or None.
        result: the object, once the upload is complete.
    """

    id: str
    target: Target
    created: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int | None = None
    result: StoredObject | None = None

    @property
    def is_expired(self) -> bool:
        """Its week is over."""
        return datetime.fromisoformat(self.created) < CLOCK.utc() - _LIFETIME

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        conditions = Preconditions(**raw["target"]["conditions"])
        result = StoredObject.from_json(raw["result"]) if raw["result"] else None
        return cls(**{**raw, "target": Target(**{**raw["target"], "conditions": conditions}), "result": result})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is: the bytes that have arrived, and the object once it is complete."""

    size_bytes: int
    result: StoredObject | None = None


class Uploads:
    """The sessions of one server."""

    def __init__(self, sessions: Collection, store: "StorageStore") -> None:
        self._sessions = sessions
        self._store = store
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._finished: deque[str] = deque()
        for session in [Session.from_json(raw) for raw in sessions.values()]:
            if session.is_expired:
                self._forget(session.id)
            elif session.result is not None:
                self._finished.append(session.id)
            elif made := self._made_by(session):
                self._finish(session, made)

    def start(self, target: Target, hashes: Mapping[str, str], size_bytes: int | None) -> str:
        """Open a session and return its id.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions.
        """
        self._store.publisher.check_target(target)
        session = Session(id=uuid4().hex, target=target, created=now(), hashes=hashes, size_bytes=size_bytes)
        self._store.content.partial_path(session.id).touch()
        self._sessions.put(session.id, session.to_json())
        return session.id

    def receive(self, session_id: str, part: ContentRange, body: IO[bytes], hashes: Mapping[str, str]) -> Progress:
        """Take the bytes of one call, and make the object when they are its last.

        Args:
            hashes: digests that only the last call states.

        Raises:
            ApiError: 404 for the session; 400 for bytes that do not continue it or a digest that differs; 412 for the
                conditions. A complete upload that is refused ends the session.
        """
        with self._lock(session_id):
            session = self._get(session_id)
            if session.result is not None:
                return Progress(session.result.size_bytes, session.result)
            total = part.total if part.total is not None else session.size_bytes
            _check_total(session, part)
            arrived = self._append(session, part, body, total)
            if arrived != total:
                return Progress(arrived)
            return Progress(arrived, self._complete(replace(session, hashes={**session.hashes, **hashes})))

    def cancel(self, session_id: str) -> None:
        """End a session without an object.

        Raises:
            ApiError: 404.
        """
        with self._lock(session_id):
            self._get(session_id)
            self._forget(session_id)

    def keep(self, session_id: str, part: ContentRange, body: IO[bytes]) -> Progress:
        """Take what arrived of a call that was cut off, as Google does: whole multiples of 256 KiB.

        Raises:
            ApiError: 404 for the session; 400 for bytes that do not continue it.
        """
        length = part.length - part.length % _CHUNK_MULTIPLE_BYTES
        with self._lock(session_id):
            session = self._get(session_id)
            if session.result is not None or part.first is None:
                return Progress(part.first or 0, session.result)
            return Progress(self._append(session, replace(part, length=length), body, None))

    def _append(self, session: Session, part: ContentRange, body: IO[bytes], total: int | None) -> int:
        path = self._store.content.partial_path(session.id)
        arrived = path.stat().st_size
        if total is not None and total < arrived:
            raise invalid_argument(f"Content-Range says {total} bytes in all, and {arrived} have arrived already.")
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
            # A client that did not hear of the last chunk sends it again.
            for piece in pieces(body, arrived - part.first, part.length):
                file.write(piece)
        return path.stat().st_size

    def _complete(self, session: Session) -> StoredObject:
        content = self._store.content
        partial = content.partial_path(session.id)
        try:
            written = content.measure(partial)
            check_hashes(written, session.hashes)
            content.share(partial, session.id)
            stored = self._store.publisher.publish(session.target, written)
        except ApiError:
            self._forget(session.id)
            raise
        self._finish(session, stored)
        return stored

    def _finish(self, session: Session, result: StoredObject) -> None:
        self._sessions.put(session.id, replace(session, result=result).to_json())
        self._store.content.partial_path(session.id).unlink(missing_ok=True)
        self._finished.append(session.id)
        while len(self._finished) > _FINISHED_KEPT:
            self._forget(self._finished.popleft())

    def _made_by(self, session: Session) -> StoredObject | None:
        """Return the object of a session whose server was killed between making the object and noting it."""
        return self._store.buckets.find(session.target.bucket, session.target.name, session.id)

    def _forget(self, session_id: str) -> None:
        self._sessions.delete(session_id)
        self._store.content.partial_path(session_id).unlink(missing_ok=True)

    def _get(self, session_id: str) -> Session:
        raw = self._sessions.get(session_id)
        if raw is not None and not (session := Session.from_json(raw)).is_expired:
            return session
        if raw is not None:
            self._forget(session_id)
        raise not_found(f"No upload session {session_id}: it has ended or expired. Start the upload again.")

    def _lock(self, session_id: str) -> threading.Lock:
        """The calls of one session go one after another; sessions that share a lock only wait a little."""
        return self._locks[hash(session_id) % _LOCKS]


def _check_total(session: Session, part: ContentRange) -> None:
    if None not in (part.total, session.size_bytes) and part.total != session.size_bytes:
        raise invalid_argument(
            f"The upload announced {session.size_bytes} bytes, and Content-Range now says {part.total}."
        )
