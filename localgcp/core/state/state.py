"""The state folder: collections of JSON resources, and a folder for each service's files. Both survive a restart.

Reads are served from memory. All writes between taking and releasing the lock are one SQLite transaction in WAL mode.
So a killed server loses no change that it has confirmed, and a change of several resources is stored completely or not
at all. Only one server at a time may use a state folder.
"""

import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from localgcp.core.state.folder import DATABASE, DOOMED_FILE, StateUnusable, claim
from localgcp.core.state.lock import Lock

Resource = dict[str, Any]
Record = TypeVar("Record")

_log = logging.getLogger(__name__)


class Collection:
    """An ordered mapping from resource name to JSON resource, kept on disk.

    Values are stored as given and handed out without a copy: treat them as read-only and `put` a new one to change it.
    Iteration is in order of first insertion. Safe for threads.
    """

    def __init__(self, state: "State", kind: str) -> None:
        self._state = state
        self._kind = kind
        self._items = state.load(kind)

    def records(self, parse: Callable[[Resource], Record]) -> dict[str, Record]:
        """Parse every stored resource when a server starts.

        A resource that cannot be parsed must not keep the server from starting: it is named in the log and treated as
        absent. It stays in the database until a resource of its name is put or deleted, so that a server that can parse
        it finds it again.

        Args:
            parse: builds the record. It should accept every stored resource: validate requests, not stored resources.

        Returns:
            The records under their resource names, in order of first insertion.
        """
        parsed: dict[str, Record] = {}
        for name, resource in list(self._items.items()):
            try:
                parsed[name] = parse(resource)
            except Exception as error:  # any exception of a parser costs this record alone
                del self._items[name]
                self._state.log_unreadable(self._kind, name, error)
        return parsed

    def get(self, name: str) -> Resource | None:
        """Return the resource, or None."""
        return self._items.get(name)

    def put(self, name: str, resource: Resource) -> None:
        """Store the resource under the name; an existing resource is replaced and keeps its position."""
        with self._state.lock:
            self._state.save(self._kind, name, resource)
            self._items[name] = resource

    def delete(self, name: str) -> Resource | None:
        """Remove and return the resource, or return None if the name is unknown."""
        with self._state.lock:
            self._state.remove(self._kind, name)
            return self._items.pop(name, None)

    def values(self, prefix: str = "") -> list[Resource]:
        """Return the resources whose name starts with the prefix."""
        with self._state.lock:
            return [value for name, value in self._items.items() if name.startswith(prefix)]

    def names(self, prefix: str = "") -> list[str]:
        """Return the names that start with the prefix."""
        with self._state.lock:
            return [name for name in self._items if name.startswith(prefix)]

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def __len__(self) -> int:
        return len(self._items)


class State:
    """One server's folder.

    Attributes:
        root: the folder itself.
        lock: held during each write; a store that takes it for a change of several resources makes the change atomic.
    """

    def __init__(self, root: Path, lock_file: int | None = None) -> None:
        """Open or create the folder.

        Args:
            lock_file: the descriptor of the lock file, if this process holds the folder already.

        Raises:
            StateInUse: another process holds it.
            StateUnusable: the folder cannot be created or written, or its database cannot be read.
        """
        self.root = root
        self.lock = Lock(self._commit)
        self._is_writing = False
        self._folders: set[str] = set()
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._lock_file = claim(root) if lock_file is None else lock_file
            self._delete_doomed()
            self._database = self._open(root / DATABASE)
        except (OSError, sqlite3.Error) as error:
            raise StateUnusable(
                f"The state folder {root} cannot be used: {error}. Name another folder with --state."
            ) from error

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS resource (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
            " body TEXT NOT NULL, UNIQUE (kind, name))"
        )
        return database

    def collection(self, kind: str) -> Collection:
        """Return the collection of one kind of resource, for example `storage.objects`."""
        return Collection(self, kind)

    def folder(self, name: str) -> Path:
        """Return the folder for the files of one service; it is created if it does not exist."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        self._folders.add(name)
        return path

    def load(self, kind: str) -> dict[str, Resource]:
        """Return the stored resources of a kind by name, oldest first; other bodies than JSON are left out."""
        rows = self._database.execute(
            "SELECT name, body FROM resource WHERE kind = ? ORDER BY position", (kind,)
        ).fetchall()
        resources: dict[str, Resource] = {}
        for name, body in rows:
            try:
                resources[name] = _resource(body)
            except ValueError as error:
                self.log_unreadable(kind, name, error)
        return resources

    def log_unreadable(self, kind: str, name: str, error: Exception) -> None:
        """Log that a stored resource cannot be read and is treated as absent."""
        _log.warning(
            "%s: the record %s of %s cannot be read and is left out (%s: %s). Create it again, or delete it.",
            self.root, name, kind, type(error).__name__, error,
        )  # fmt: skip

    def save(self, kind: str, name: str, resource: Resource) -> None:
        """Write one resource; the caller holds the lock."""
        self._begin()
        self._database.execute(
            "INSERT INTO resource (kind, name, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
            (kind, name, json.dumps(resource, separators=(",", ":"))),
        )

    def remove(self, kind: str, name: str) -> None:
        """Delete one resource, if it is there; the caller holds the lock."""
        self._begin()
        self._database.execute("DELETE FROM resource WHERE kind = ? AND name = ?", (kind, name))

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        self._is_writing = True

    def _commit(self) -> None:
        if self._is_writing:
            self._is_writing = False
            # SQLite itself rolls a transaction back when the disk is full; the next write begins a new one.
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    def emptied(self) -> "State":
        """Delete all resources and the folders of all services, and return the state of the emptied folder.

        This state is closed; the process keeps holding the folder. After a kill either nothing is deleted, or the next
        server deletes the rest when it starts.
        """
        with self.lock:
            self._commit()
            self._database.close()
            doomed = self.root / DOOMED_FILE
            partial = doomed.with_suffix(".partial")
            names = [*sorted(self._folders), *(f"{DATABASE}{suffix}" for suffix in ("", "-wal", "-shm"))]
            partial.write_text(json.dumps(names), encoding="utf-8")
            partial.replace(doomed)
            return State(self.root, self._lock_file)

    def _delete_doomed(self) -> None:
        doomed = self.root / DOOMED_FILE
        if not doomed.exists():
            return
        for name in json.loads(doomed.read_text(encoding="utf-8")):
            path = self.root / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        doomed.unlink()

    def close(self) -> None:
        """Release the folder."""
        with self.lock:
            self._commit()
            self._database.close()
            os.close(self._lock_file)


def _resource(body: str) -> Resource:
    """Return a stored body as a JSON object.

    Raises:
        ValueError: it is not JSON, or not an object.
    """
    resource = json.loads(body)
    if not isinstance(resource, dict):
        raise ValueError(f"expected a JSON object, found {type(resource).__name__}")
    return resource
