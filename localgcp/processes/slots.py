"""Shares the machine's CPU slots fairly between jobs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class _Waiter:
    owner: str
    count: int
    number: int
    granted: asyncio.Future[None]


class SlotPool:
    """Grants slots to waiting owners: first to the owner with the fewest slots, then to the one served longest ago.

    Used on one event loop.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._held: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._waiting: list[_Waiter] = []
        self._numbers = 0

    @asynccontextmanager
    async def take(self, owner: str, count: int) -> AsyncIterator[None]:
        """Hold slots while the block runs, waiting for them first.

        Args:
            owner: the job that the slots are counted for.
            count: the number of slots; a number above the total means all slots.
        """
        count = min(count, self.total)
        await self._acquire(owner, count)
        try:
            yield
        finally:
            self._release(owner, count)

    async def _acquire(self, owner: str, count: int) -> None:
        self._numbers += 1
        waiter = _Waiter(owner, count, self._numbers, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._grant()
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._grant()
            else:
                self._release(owner, count)
            raise

    def _grant(self) -> None:
        # A cancelled waiter stays in the list until its task runs; it removes itself then.
        while waiting := [one for one in self._waiting if not one.granted.done()]:
            waiter = min(waiting, key=lambda one: (self._held[one.owner], self._served.get(one.owner, 0), one.number))
            # Stop here: if narrow jobs overtook a wide job, the wide job could wait for ever.
            if waiter.count > self._free:
                return
            self._waiting.remove(waiter)
            self._free -= waiter.count
            self._held[waiter.owner] += waiter.count
            self._numbers += 1
            self._served[waiter.owner] = self._numbers
            waiter.granted.set_result(None)

    def _release(self, owner: str, count: int) -> None:
        self._free += count
        self._held[owner] -= count
        self._grant()

    def forget(self, owner: str) -> None:
        """Forget an owner that has ended."""
        self._served.pop(owner, None)
        self._held.pop(owner, None)
