"""What the tests of crashes share: writers that know what must be there, and a crowd of them that is cut off.

A writer changes its own things one after another. A write that was answered must be there after a crash; of one that
was under way all or nothing may be. So a writer always knows the one or two states that its things can be in.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Any

from localgcp.testing.local_cloud import LocalCloud

Things = dict[str, Any]
Plan = tuple[Things, Callable[[], object]]

_MOST_WRITES = 60
_ROUND_S = 60


class Writer(ABC):
    """Changes things that are its own, in a thread of its own.

    Attributes:
        id: what its bucket or dataset is called.
        allowed: the states that its things can be in.
    """

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self.cloud = cloud
        self.id = f"crash_{name}"
        self.allowed: list[Things] = [{}]
        self.numbers = count(1)

    @abstractmethod
    def connect(self) -> None:
        """Make the clients, and the place of the things where there is none."""

    @abstractmethod
    def plan(self, random: Random, things: Things) -> Plan:
        """Return the things after some write, and the call that does it; the call does not try again."""

    @abstractmethod
    def read(self) -> Things:
        """Return the things that are there."""

    def write(self, random: Random) -> None:
        """Do one write."""
        (before,) = self.allowed
        after, call = self.plan(random, dict(before))
        self.allowed = [before, after]
        call()
        self.allowed = [after]

    def check(self) -> None:
        """See that the things are as they must be after a crash."""
        found = self.read()
        assert found in self.allowed, f"{type(self).__name__}: {[_difference(found, each) for each in self.allowed]}"
        self.allowed = [found]


def _difference(found: Things, expected: Things) -> str:
    names = [name for name in {**found, **expected} if found.get(name) != expected.get(name)]
    return ", ".join(f"{name}: {str(found.get(name))[:300]}, not {str(expected.get(name))[:300]}" for name in names)


class Crowd:
    """Writers at work at once, until the server is killed under them."""

    def __init__(self, cloud: LocalCloud, writers: Sequence[Writer], random: Random) -> None:
        self._cloud = cloud
        self._writers = writers
        self._random = random
        self._changed = threading.Condition()
        self._answered = 0
        self._is_dying = False
        self._failures: list[BaseException] = []

    def crash(self) -> None:
        """Write, kill the server after some number of answers, start it again, and look at what is there."""
        self._answered, self._is_dying = 0, False
        wanted = self._random.randint(1, _MOST_WRITES)
        seeds = [self._random.random() for _ in self._writers]
        for writer in self._writers:
            writer.connect()
        threads = [
            threading.Thread(target=self._work, args=(writer, Random(seed)), daemon=True)
            for writer, seed in zip(self._writers, seeds, strict=True)
        ]
        for thread in threads:
            thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._answered >= wanted or self._failures, _ROUND_S)
            self._is_dying = True
        self._cloud.kill()
        for thread in threads:
            thread.join(_ROUND_S)
            assert not thread.is_alive(), "a client waits for a server that is dead"
        if self._failures:
            raise self._failures[0]
        self._cloud.start()
        for writer in self._writers:
            writer.connect()
            writer.check()

    def _work(self, writer: Writer, random: Random) -> None:
        try:
            while not self._is_dying:
                writer.write(random)
                with self._changed:
                    self._answered += 1
                    self._changed.notify_all()
        except Exception as error:
            with self._changed:
                # A call that the kill has cut off fails as it likes.
                if not self._is_dying:
                    self._failures.append(error)
                    self._changed.notify_all()
