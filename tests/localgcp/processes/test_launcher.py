"""The event loop on which all services start processes."""

import asyncio
import sys
import threading
from pathlib import Path

import psutil

from localgcp.processes.images.resources import Environment
from localgcp.processes.launcher import ProcessLauncher
from localgcp.processes.process import Command

_WAIT_S = 20.0


def test_call_before_the_start_runs_after_it(tmp_path: Path) -> None:
    launcher = ProcessLauncher(tmp_path, cpu_slots=1)
    called = threading.Event()
    launcher.call(called.set)
    assert not called.is_set()
    launcher.start()
    assert called.wait(_WAIT_S)
    launcher.stop()


def test_launcher_that_was_never_started_has_no_work_to_wait_for(tmp_path: Path) -> None:
    launcher = ProcessLauncher(tmp_path, cpu_slots=1)
    ran: list[str] = []

    async def work() -> None:
        ran.append("work")

    launcher.wait_for(work())
    launcher.stop()
    assert ran == []


def test_stop_kills_the_processes_and_cancels_the_tasks(tmp_path: Path) -> None:
    launcher = ProcessLauncher(tmp_path, cpu_slots=1)
    launcher.start()
    before = set(psutil.Process().children(recursive=True))
    cancelled = threading.Event()

    async def sleep() -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def launch() -> None:
        environment = Environment(key="test", python=Path(sys.executable))
        argv = (sys.executable, "-c", "import time; time.sleep(600)")
        await launcher.launch(environment, Command(argv=argv, env={}, cwd=tmp_path, log=tmp_path / "log"))

    launcher.spawn(sleep())
    launcher.wait_for(launch())
    launcher.stop()
    assert cancelled.is_set()
    assert set(psutil.Process().children(recursive=True)) <= before
