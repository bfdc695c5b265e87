"""The lock of a state folder, whose release commits the writes."""

import threading
from collections.abc import Callable
from types import TracebackType


class Lock:
    """A reentrant lock; when its holder releases it, all writes made meanwhile are committed together."""

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
                # Commit also after an exception: other threads may have read the changes already.
                self._commit()
                later, self._later = self._later, []
        finally:
            self._depth -= 1
            self._lock.release()
        for action in later:
            action()

    def afterwards(self, action: Callable[[], object]) -> None:
        """Run an action after the present writes are committed: at once, or when the lock is released."""
        with self:
            self._later.append(action)
