"""Sessions: queries that share variables and temporary tables one after another, and when a session ends.

https://cloud.google.com/bigquery/docs/sessions-intro
"""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument, not_found
from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.tables.entry import now_ms

_IDLE_MS = 24 * 3_600_000
_LONGEST_MS = 7 * _IDLE_MS
# Connection properties that are accepted and have no effect here.
_WITHOUT_EFFECT = ("dataset_project_id", "service_account")


@dataclass(slots=True, eq=False)
class QuerySession:
    """One session.

    Attributes:
        names: the variables, functions and temporary tables.
        busy: the lock that a query holds while it runs.
    """

    session_id: str
    project: str
    names: ScriptEnvironment
    begun_ms: int
    used_ms: int
    busy: threading.Lock = field(default_factory=threading.Lock)

    @property
    def has_expired(self) -> bool:
        """Whether the session was idle for a day, or began a week ago."""
        now = now_ms()
        return now - self.used_ms >= _IDLE_MS or now - self.begun_ms >= _LONGEST_MS


class Sessions:
    """The open sessions of one server; they end with the server."""

    def __init__(self, end: Callable[[ScriptEnvironment], None]) -> None:
        """Start without sessions.

        Args:
            end: removes the temporary tables of a session that ends; it is called while the session is locked.
        """
        self._end = end
        self._lock = threading.Lock()
        self._open: dict[str, QuerySession] = {}

    def of_query(self, project: str, query: dict[str, Any]) -> QuerySession | None:
        """Return the session that a query opens or runs in, or None.

        Raises:
            ApiError: 404 for a session that is not open, 400 for a connection property that localgcp does not know.
        """
        named = ""
        for item in query.get("connectionProperties") or ():
            key, value = item.get("key", ""), item.get("value", "")
            if key == "session_id":
                named = value
            elif key == "time_zone" and value.upper() not in ("UTC", ""):
                raise unsupported(f"the connection property time_zone {value}; it is UTC")
            elif key not in ("time_zone", *_WITHOUT_EFFECT):
                raise invalid_argument(f"Invalid connection property: {key}")
        if query.get("createSession"):
            if named:
                raise invalid_argument("createSession cannot be set together with the connection property session_id")
            return self._create(project)
        return self.find(project, named) if named else None

    def _create(self, project: str) -> QuerySession:
        session_id = base64.b64encode(b"\x0a\x0c\x0a\x24" + str(uuid4()).encode()).decode().rstrip("=")
        names = ScriptEnvironment.of_job(project, session_id, "")
        names.set_system(session_id=session_id)
        session = QuerySession(session_id, project, names, now_ms(), now_ms())
        self._end_expired()
        with self._lock:
            self._open[session_id] = session
        return session

    def find(self, project: str, session_id: str) -> QuerySession:
        """Return an open session.

        Raises:
            ApiError: 404.
        """
        self._end_expired()
        with self._lock:
            session = self._open.get(session_id)
        if session is None or session.project != project:
            raise not_found(f"Not found: Session {session_id} does not exist or has been terminated")
        return session

    @contextmanager
    def using(self, session: QuerySession) -> Iterator[ScriptEnvironment]:
        """Lock a session for one query.

        Raises:
            ApiError: 400 if another query runs in it, 404 if the session has ended meanwhile.
        """
        if not session.busy.acquire(blocking=False):
            raise invalid_query(
                f"Session {session.session_id} already runs a query. A session runs one query at a time."
            )
        try:
            yield self.find(session.project, session.session_id).names
        finally:
            session.used_ms = now_ms()
            session.busy.release()
            if session.session_id not in self._open:
                # Another call has ended the session while the query ran, and may hold the lock by now.
                self._release(session)

    def end(self, project: str, session_id: str) -> None:
        """End a session; its tables are removed once its query has ended.

        Raises:
            ApiError: 404.
        """
        session = self.find(project, session_id)
        with self._lock:
            self._open.pop(session_id, None)
        self._release(session)

    def end_all(self) -> None:
        """End all sessions, because the server stops."""
        with self._lock:
            sessions = list(self._open.values())
            self._open.clear()
        for session in sessions:
            self._release(session)

    def _end_expired(self) -> None:
        with self._lock:
            expired = [session for session in self._open.values() if session.has_expired and not session.busy.locked()]
            for session in expired:
                del self._open[session.session_id]
        for session in expired:
            self._release(session)

    def _release(self, session: QuerySession) -> None:
        if session.busy.acquire(blocking=False):
            try:
                self._end(session.names)
            finally:
                session.busy.release()


def session_info(session: QuerySession) -> dict[str, Any]:
    """Return the `sessionInfo` in the statistics of a query."""
    return {"sessionInfo": {"sessionId": session.session_id}}
