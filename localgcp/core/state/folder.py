"""State folders on disk: recognises a state folder, and finds or becomes the process that holds it."""

import fcntl
import os
from pathlib import Path

LOCK_FILE = "lock"
DATABASE = "resources.sqlite"
# Names the files that a reset deletes; after a kill the next server finishes the deletion.
DOOMED_FILE = "doomed.json"


class StateUnusable(Exception):
    """The state folder cannot be created or opened."""


class StateInUse(StateUnusable):
    """Another server holds the state folder."""


def is_state_folder(root: Path) -> bool:
    """Return whether a folder is a state folder; a folder whose reset was interrupted counts too."""
    return any((root / name).is_file() for name in (DATABASE, DOOMED_FILE))


def is_held(root: Path) -> bool:
    """Return whether a server holds the state folder."""
    return holder(root) is not None


def holder(root: Path) -> str | None:
    """Return the id of the process that holds the state folder, or None if it is free."""
    try:
        descriptor = os.open(root / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.read(descriptor, 32).decode() or "unknown"
    finally:
        os.close(descriptor)
    return None


def claim(root: Path) -> int:
    """Hold a state folder for this process, and return the descriptor of its lock file.

    Raises:
        StateInUse: another process holds the folder.
        OSError: the folder cannot be written.
    """
    descriptor = os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 32).decode() or "unknown"
        os.close(descriptor)
        raise StateInUse(
            f"The state folder {root} is in use by process {owner}. Stop that server, or name another folder"
            " with --state."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor
