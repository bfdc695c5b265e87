"""Lets requests through, except while the services behind are exchanged."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Open to any number of requests, or closed for one who has the place to itself."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Be inside; wait first where the gate is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self, patience_s: float) -> Iterator[None]:
        """Let nobody in. Those who are inside may take some time to leave; after that they are not waited for.

        Others who close the gate wait for their turn.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._is_closed = True
            self._changed.wait_for(lambda: self._inside == 0, patience_s)
        try:
            yield
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()
