"""Processes through the warm servers: how they end, and what happens when a server does."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from localgcp.processes.images.resources import Environment
from localgcp.processes.process import Command
from localgcp.processes.warm_servers import Process, WarmServers

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
Scenario = Callable[[WarmServers, Path], Awaitable[None]]


def children(before: set[psutil.Process]) -> list[psutil.Process]:
    """Return the servers that a test has started: this process may have other children."""
    return [child for child in psutil.Process().children() if child not in before]


def run(scenario: Scenario, folder: Path) -> None:
    async def whole() -> None:
        servers = WarmServers(folder)
        try:
            await scenario(servers, folder)
        finally:
            await servers.close()

    asyncio.run(whole())


async def launch(servers: WarmServers, folder: Path, source: str, **env: str) -> Process:
    environment = Environment(key="test", python=Path(sys.executable), preload=("json",))
    command = Command(argv=(sys.executable, "-c", source), env=env, cwd=folder, log=folder / "log")
    return await servers.launch(environment, command)


def test_exit_code_is_reported(tmp_path: Path) -> None:
    async def scenario(servers: WarmServers, folder: Path) -> None:
        ended = await (await launch(servers, folder, "raise SystemExit(3)")).exit
        assert (ended.code, ended.signal_name) == (3, "")

    run(scenario, tmp_path)


def test_process_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    async def scenario(servers: WarmServers, folder: Path) -> None:
        process = await launch(servers, folder, STUBBORN)
        while not (folder / "log").exists() or "deaf" not in (folder / "log").read_text():
            await asyncio.sleep(0.01)
        ended = await process.end(grace_s=0.05)
        assert (ended.code, ended.signal_name) == (137, "SIGKILL")

    run(scenario, tmp_path)


def test_killed_warm_server_ends_its_processes_and_is_replaced(tmp_path: Path) -> None:
    async def scenario(servers: WarmServers, folder: Path) -> None:
        before = set(psutil.Process().children())
        process = await launch(servers, folder, "import time; time.sleep(600)")
        (server,) = children(before)
        server.kill()
        assert (await process.exit).signal_name == "SIGKILL"
        assert (await (await launch(servers, folder, "pass")).exit).code == 0

    run(scenario, tmp_path)


@pytest.mark.parametrize(("variable", "count"), [("OMP_NUM_THREADS", 2), ("MINE", 1)])
def test_variable_that_is_read_at_the_start_needs_its_own_warm_server(
    tmp_path: Path, variable: str, count: int
) -> None:
    async def scenario(servers: WarmServers, folder: Path) -> None:
        before = set(psutil.Process().children())
        for value in ("1", "2"):
            await (await launch(servers, folder, "pass", **{variable: value})).exit
        assert len(children(before)) == count

    run(scenario, tmp_path)


def test_warm_servers_that_were_used_least_recently_are_ended(tmp_path: Path) -> None:
    async def scenario(servers: WarmServers, folder: Path) -> None:
        before = set(psutil.Process().children())
        for value in range(7):
            await (await launch(servers, folder, "pass", OMP_NUM_THREADS=str(value))).exit
        while len(children(before)) > 4:
            await asyncio.sleep(0.01)

    run(scenario, tmp_path)
