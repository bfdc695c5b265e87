"""The server's clock."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localgcp.core.state.clock import Clock
from localgcp.core.state.state import State

_WAIT_S = 10
_HOUR_S = 3600.0


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    found = State(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("advance", ["0s", "1s", "0.000000001s", "3600.5s"])
def test_clock_shows_its_advance(advance: str) -> None:
    clock = Clock()
    clock.change({"advance": advance})
    assert clock.to_json()["ahead"] == advance


def test_advances_add_up_and_survive_a_restart(state: State) -> None:
    first, second = Clock(), Clock()
    first.persist_in(state)
    first.change({"advance": "3600s"})
    first.change({"advance": "1.5s"})
    second.persist_in(state)
    assert second.to_json()["ahead"] == "3601.5s"


def test_advance_triggers_an_alarm() -> None:
    clock, rung = Clock(), threading.Event()
    clock.alarm(_HOUR_S, rung.set)
    clock.change({"advance": "3599s"})
    assert not rung.is_set()
    clock.change({"advance": "1s"})
    assert rung.wait(_WAIT_S)


def test_cancelled_alarm_does_not_run_and_its_thread_ends() -> None:
    clock, rung = Clock(), threading.Event()
    before = set(threading.enumerate())
    alarm = clock.alarm(_HOUR_S, rung.set)
    threads = set(threading.enumerate()) - before
    alarm.cancel()
    for thread in threads:
        thread.join(_WAIT_S)
    clock.change({"advance": "7200s"})
    assert not rung.is_set()
    assert not any(thread.is_alive() for thread in threads)


def test_timeout_ends_by_the_clock() -> None:
    clock = Clock()

    async def wait() -> None:
        async with clock.timeout(_HOUR_S):
            clock.change({"advance": "3600s"})
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(wait())


def test_timeout_does_not_interrupt_a_block_that_ends_in_time() -> None:
    async def wait() -> str:
        async with Clock().timeout(_HOUR_S):
            return "done"

    assert asyncio.run(wait()) == "done"
