"""What survives a restart: typed collections of JSON resources, and a folder for each service's files.

Reads are served from memory. The writes of one holder of the lock are one transaction of SQLite in WAL mode: a killed
server loses nothing that it answered for, and has done a change that spans several resources whole or not at all. One
server at a time may use a state folder.
"""

import fcntl
import json
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

Resource = dict[str, Any]
Record = TypeVar("Record")

_log = logging.getLogger(__name__)
_LOCK_FILE = "lock"
_DATABASE = "resources.sqlite"
# Names what a server was about to delete; the next one goes on with it.
_DOOMED_FILE = "doomed.json"


class StateUnusable(Exception):
    """The state folder cannot be made or opened."""


class StateInUse(StateUnusable):
    """Another server holds the state folder."""


class Lock:
    """A lock that its holder may take again; what is written meanwhile goes to the disk together, at the end."""

    def __init__(self, commit: Callable[[], None]) -> None:
        self._lock = threading.RLock()
        self._commit = commit
        self._depth = 0
        self._later: list[Callable[[], object]] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        later: list[Callable[[], object]] = []
        try:
            if self._depth == 1:
                # Whatever was raised, what was changed is what others have seen.
                self._commit()
                later, self._later = self._later, []
        finally:
            self._depth -= 1
            self._lock.release()
        for action in later:
            action()

    def afterwards(self, action: Callable[[], object]) -> None:
        """Do something when what is written is on the disk: now, or once the holder of the lock has let go."""
        with self:
            self._later.append(action)


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
            parse: builds the record. It should accept whatever was stored: validate requests, not stored resources.

        Returns:
            The records under their resource names, in order of first insertion.
        """
        parsed: dict[str, Record] = {}
        for name, resource in list(self._items.items()):
            try:
                parsed[name] = parse(resource)
            except Exception as error:  # whatever a parser raises, it costs this record alone
                del self._items[name]
                self._state.log_unreadable(self._kind, name, error)
        return parsed

    def get(self, name: str) -> Resource | None:
        """Return the resource, or None."""
        return self._items.get(name)

    def put(self, name: str, resource: Resource) -> None:
        """Store the resource under the name, replacing the former one in its place."""
        with self._state.lock:
            self._state.save(self._kind, name, resource)
            self._items[name] = resource

    def delete(self, name: str) -> Resource | None:
        """Remove the resource and return it, or None where there was none."""
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


def is_state_folder(root: Path) -> bool:
    """Tell whether a server has used a folder, also one that was being emptied."""
    return any((root / name).is_file() for name in (_DATABASE, _DOOMED_FILE))


def is_held(root: Path) -> bool:
    """Tell whether a server holds the state folder."""
    return holder(root) is not None


def holder(root: Path) -> str | None:
    """Return the process that holds the state folder, or None where none does."""
    try:
        descriptor = os.open(root / _LOCK_FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.read(descriptor, 32).decode() or "unknown"
    finally:
        os.close(descriptor)
    return None


class State:
    """One server's folder.

    Attributes:
        root: the folder itself.
        lock: held during each write; a store takes it for a change that spans several resources, which is then atomic.
    """

    def __init__(self, root: Path, lock_file: int | None = None) -> None:
        """Open or create the folder.

        Args:
            lock_file: the descriptor that this process holds the folder with already.

        Raises:
            StateInUse: another process holds it.
            StateUnusable: it cannot be made or written, or what it holds is not readable.
        """
        self.root = root
        self.lock = Lock(self._commit)
        self._is_writing = False
        self._folders: set[str] = set()
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._lock_file = self._claim(root / _LOCK_FILE) if lock_file is None else lock_file
            self._delete_doomed()
            self._database = self._open(root / _DATABASE)
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

    @staticmethod
    def _claim(path: Path) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(descriptor, 32).decode() or "unknown"
            os.close(descriptor)
            raise StateInUse(
                f"The state folder {path.parent} is in use by process {owner}. Stop that server, or name another folder"
                " with --state."
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        return descriptor

    def collection(self, kind: str) -> Collection:
        """Return the collection of one kind of resource, for example `storage.objects`."""
        return Collection(self, kind)

    def folder(self, name: str) -> Path:
        """Return a service's own folder for files, created."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        self._folders.add(name)
        return path

    def load(self, kind: str) -> dict[str, Resource]:
        """Return the stored resources of a kind by name, oldest first; one that is not JSON is logged and left out."""
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
            # A disk that is full ends a transaction by itself; the next write begins another.
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    def emptied(self) -> "State":
        """Delete all resources and all folders that were asked for, and return the state of what is left.

        This one is closed; the folder stays held. A process that is killed meanwhile has deleted nothing or, once the
        next server has begun, everything.
        """
        with self.lock:
            self._commit()
            self._database.close()
            doomed = self.root / _DOOMED_FILE
            partial = doomed.with_suffix(".partial")
            names = [*sorted(self._folders), *(f"{_DATABASE}{suffix}" for suffix in ("", "-wal", "-shm"))]
            partial.write_text(json.dumps(names), encoding="utf-8")
            partial.replace(doomed)
            return State(self.root, self._lock_file)

    def _delete_doomed(self) -> None:
        doomed = self.root / _DOOMED_FILE
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
