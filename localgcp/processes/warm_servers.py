"""Starts processes through warm servers, one per environment, in which forkserver.py has done the costly imports."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localgcp.processes.images.resources import Environment
from localgcp.processes.process import Command, Exit

_FORKSERVER = Path(__file__).with_name("forkserver.py")
# Variables that an interpreter or a library reads only when it starts: processes share a server if these are equal.
_READ_AT_START = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "MKL_", "KMP_", "GOMP_", "LANG", "LC_")
_MOST_SERVERS = 4
_CANNOT_START = 126  # the exit code that shells and Docker use
GRACE_S = 10.0


@dataclass(eq=False)
class Process:
    """A started process.

    Attributes:
        exit: done when the process has ended.
    """

    id: str
    server: "_WarmServer"
    exit: "asyncio.Future[Exit]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and its children, unless the process has ended."""
        if not self.exit.done():
            self.server.request({"signal": number, "to": self.id})

    async def end(self, grace_s: float = GRACE_S) -> Exit:
        """Send SIGTERM, after the grace period SIGKILL, and wait until the process has ended."""
        self.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(asyncio.shield(self.exit), grace_s)
        except TimeoutError:
            self.send_signal(signal.SIGKILL)
            return await asyncio.shield(self.exit)


class WarmServers:
    """The warm servers of one event loop."""

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        self._servers: dict[tuple[Any, ...], _WarmServer] = {}
        self._count = 0

    async def launch(self, environment: Environment, command: Command) -> Process:
        """Start a process; the first process of an environment waits until its server has done the imports."""
        server = await self._server(environment, command.env)
        self._count += 1
        return server.launch(str(self._count), command)

    async def close(self) -> None:
        """Kill every process, and wait until all processes have ended."""
        servers = list(self._servers.values())
        self._servers.clear()
        for server in servers:
            server.close()
        await asyncio.gather(*(server.ended() for server in servers))

    async def _server(self, environment: Environment, variables: Mapping[str, str]) -> "_WarmServer":
        at_start = {name: value for name, value in variables.items() if name.startswith(_READ_AT_START)}
        key = (environment.key, environment.preload, *sorted(at_start.items()))
        server = self._servers.pop(key, None)
        if server is None or server.has_ended:
            server = _WarmServer(environment, at_start, self._log_folder / f"{environment.key}.log")
        self._servers[key] = server
        self._close_idle()
        await server.ready()
        return server

    def _close_idle(self) -> None:
        """Close the idle servers that were used least recently: each server holds the memory of its imports."""
        for key in list(self._servers)[:-_MOST_SERVERS]:
            if self._servers[key].is_idle:
                self._servers.pop(key).close()


class _WarmServer:
    """One forkserver.py process."""

    def __init__(self, environment: Environment, variables: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._variables = dict(variables)
        self._log = log
        self._processes: dict[str, Process] = {}
        self._starting = asyncio.ensure_future(self._start())
        self._server: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.has_ended = False

    @property
    def is_idle(self) -> bool:
        """Return whether the server has started and runs no process."""
        return self._starting.done() and not self._processes

    async def ready(self) -> None:
        """Wait until the imports are done."""
        await asyncio.shield(self._starting)
        await asyncio.shield(self._is_ready)

    def launch(self, process_id: str, command: Command) -> Process:
        process = Process(process_id, self)
        if self.has_ended:
            # The interpreter itself did not start; its messages are in the log of the server.
            process.exit.set_result(Exit(code=_CANNOT_START))
            return process
        self._processes[process_id] = process
        self.request(
            {
                "launch": process_id, "argv": list(command.argv), "env": command.env, "cwd": str(command.cwd),
                "log": str(command.log), "errors": str(command.errors or command.log),
            }
        )  # fmt: skip
        return process

    def request(self, message: dict[str, Any]) -> None:
        """Send one request, unless the server and its processes have ended."""
        if self._server is not None and self._server.stdin is not None and not self.has_ended:
            self._server.stdin.write(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """End the server, which kills the processes that it started."""
        self._starting.cancel()
        if self._server is not None and self._server.stdin is not None:
            self._server.stdin.close()

    async def ended(self) -> None:
        """Wait until the server has ended; call `close` first."""
        if self._reader is not None and self._server is not None:
            await self._reader
            await self._server.wait()

    async def _start(self) -> None:
        path = os.pathsep.join([str(self._environment.python.parent), "/usr/bin", "/bin"])
        with self._log.open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(
                self._environment.python, _FORKSERVER, *self._environment.preload, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=log, env={"PATH": path, **self._variables},
                start_new_session=True, limit=1 << 20,
            )  # fmt: skip
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._server is not None
        assert self._server.stdout is not None
        while line := await self._server.stdout.readline():
            self._take(json.loads(line))
        self.has_ended = True
        if not self._is_ready.done():
            self._is_ready.set_result(None)
        for process in list(self._processes.values()):
            self._finish(process, Exit(code=128 + signal.SIGKILL, signal_name="SIGKILL"))

    def _take(self, event: dict[str, Any]) -> None:
        if "ready" in event:
            self._is_ready.set_result(None)
        elif "ended" in event:
            died_by = event["signal"]
            name = signal.Signals(died_by).name if died_by else ""
            code = 128 + died_by if died_by else event["code"]
            self._finish(self._processes[event["ended"]], Exit(code=code, signal_name=name, cpu_s=event["cpu_s"]))

    def _finish(self, process: Process, result: Exit) -> None:
        self._processes.pop(process.id, None)
        if not process.exit.done():
            process.exit.set_result(result)
