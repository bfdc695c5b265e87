"""Who gets a CPU slot, and when."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from localgcp.processes.slots import SlotPool


class Office:
    """Notes who works, and lets one go on request."""

    def __init__(self, total: int) -> None:
        self.pool = SlotPool(total)
        self.served: list[str] = []
        self._leave: list[asyncio.Event] = []

    async def visit(self, owner: str, count: int = 1) -> None:
        async with self.pool.take(owner, count):
            self.served.append(owner)
            leave = asyncio.Event()
            self._leave.append(leave)
            await leave.wait()

    async def let_one_go(self) -> None:
        self._leave.pop(0).set()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


async def start(office: Office, visits: list[tuple[str, int]]) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(office.visit(owner, count)) for owner, count in visits]
    await settle()
    return tasks


def test_jobs_take_turns() -> None:
    async def scenario() -> None:
        office = Office(1)
        await start(office, [("a", 1), ("a", 1), ("a", 1), ("b", 1), ("b", 1), ("c", 1)])
        for _ in range(5):
            await office.let_one_go()
        assert office.served == ["a", "b", "c", "a", "b", "a"]

    run(scenario)


def test_job_without_slots_comes_before_a_job_with_slots() -> None:
    async def scenario() -> None:
        office = Office(2)
        await start(office, [("a", 1), ("a", 1), ("a", 1), ("b", 1)])
        await office.let_one_go()
        assert office.served == ["a", "a", "b"]

    run(scenario)


def test_wide_job_gets_its_slots() -> None:
    async def scenario() -> None:
        office = Office(2)
        await start(office, [("narrow", 1), ("wide", 2), ("late", 1)])
        assert office.served == ["narrow"]
        await office.let_one_go()
        assert office.served == ["narrow", "wide"]

    run(scenario)


def test_more_slots_than_exist_means_all_slots() -> None:
    async def scenario() -> None:
        office = Office(2)
        await start(office, [("huge", 9)])
        assert office.served == ["huge"]

    run(scenario)


@pytest.mark.parametrize("is_served", [True, False])
def test_cancelled_waiter_releases_its_slots(is_served: bool) -> None:
    async def scenario() -> None:
        office = Office(1)
        tasks = await start(office, [("a", 1), ("b", 1), ("c", 1)])
        tasks[0 if is_served else 1].cancel()
        await settle()
        if not is_served:
            await office.let_one_go()
        assert office.served == (["a", "b"] if is_served else ["a", "c"])

    run(scenario)


def test_released_slots_skip_a_waiter_that_is_cancelled_at_the_same_moment() -> None:
    async def scenario() -> None:
        office = Office(1)
        tasks = await start(office, [("a", 1), ("b", 1), ("c", 1)])
        tasks[0].cancel()
        tasks[1].cancel()
        await settle()
        assert office.served == ["a", "c"]
        assert all(task.cancelled() for task in tasks[:2])

    run(scenario)
