"""One process that serves a model: it is started, watched, restarted when it ends, and ended."""

import asyncio
import logging
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from localgcp.processes.images.commands import tail
from localgcp.processes.images.resources import Environment
from localgcp.processes.launcher import ProcessLauncher
from localgcp.processes.ports import free_port
from localgcp.processes.process import Command, base_variables
from localgcp.processes.warm_servers import Process
from localgcp.services.vertex.endpoints.connections import Answer, Connections, NoAnswer, is_healthy
from localgcp.services.vertex.endpoints.container import Container

_log = logging.getLogger(__name__)
_TAIL_LINES = 10
_HEALTH_TIMEOUT_S = 10.0  # https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements#health
_FIRST_HEALTH_PAUSE_S = 0.02
_LONGEST_HEALTH_PAUSE_S = 0.5
_FIRST_RESTART_PAUSE_S = 0.5
_LONGEST_RESTART_PAUSE_S = 30.0
_DRAIN_POLL_S = 0.02


class NotServing(Exception):
    """The process ended or did not become healthy; the message is Vertex AI's, with the end of the log."""


class ModelServer:
    """The process of one deployed model. `async` methods run on the launcher's event loop, the others in any thread.

    Attributes:
        is_ready: the process has answered its health route, and has not ended since.
    """

    def __init__(
        self, launcher: ProcessLauncher, container: Container, environment: Environment, folder: Path, timeout_s: float
    ) -> None:
        """Prepare, without starting the process.

        Args:
            folder: the folder for the log, and for the working directory while the process runs.
            timeout_s: how long the process may take to become healthy, if the container's spec has no limit.
        """
        self._launcher = launcher
        self._container = container
        self._environment = environment
        self._folder = folder
        self._timeout_s = container.timeout_s or timeout_s
        self._process: Process | None = None
        self._connections: Connections | None = None
        self._in_flight = 0
        self._lock = threading.Lock()
        self.is_ready = False

    @property
    def log(self) -> Path:
        """The file with the output of the process."""
        return self._folder / "container.log"

    async def start(self) -> None:
        """Start the process and wait until it is healthy.

        Raises:
            NotServing: the process ended, or was not healthy in time and has been ended.
        """
        port = free_port()
        self._folder.mkdir(parents=True, exist_ok=True)
        log_start = self.log.stat().st_size if self.log.exists() else 0
        self._process = await self._launcher.launch(self._environment, self._command(port))
        try:
            await self._wait_until_healthy(port, self._process, log_start)
        except BaseException:
            await asyncio.shield(self._process.end())
            raise
        self._connections = Connections(port)
        self.is_ready = True

    async def keep_serving(self) -> None:
        """Restart the process whenever it has ended, after growing pauses, until this coroutine is cancelled."""
        pause_s = _FIRST_RESTART_PAUSE_S
        while True:
            try:
                if not self.is_ready:
                    await self.start()
                pause_s = _FIRST_RESTART_PAUSE_S
                assert self._process is not None
                ended = await asyncio.shield(self._process.exit)
                _log.warning("%s: its process ended with %s and is started again", self._folder.name, ended)
            except (NotServing, OSError) as error:
                _log.warning("%s: %s", self._folder.name, error)
            self._disconnect()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_RESTART_PAUSE_S)

    async def drain(self) -> None:
        """Wait until the requests under way are answered."""
        while self._in_flight:
            await asyncio.sleep(_DRAIN_POLL_S)

    async def end(self) -> None:
        """End the process, and wait until it has ended."""
        self._disconnect()
        if self._process is not None:
            await self._process.end()
        shutil.rmtree(self._folder / "work", ignore_errors=True)

    def begin_request(self) -> None:
        """Count a request that is about to be sent, so that `drain` waits for it; `end_request` follows."""
        with self._lock:
            self._in_flight += 1

    def end_request(self) -> None:
        """Count a request as answered."""
        with self._lock:
            self._in_flight -= 1

    def predict(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """Send a request to the predict route.

        Raises:
            NoAnswer: the process does not run, or ended before its response.
            TooSlow: the response took longer than the timeout.
        """
        connections = self._connections
        if connections is None:
            raise NoAnswer("it is being started")
        return connections.post(self._container.predict_route, body, headers, timeout_s)

    def _disconnect(self) -> None:
        self.is_ready = False
        if self._connections is not None:
            self._connections.close()
            self._connections = None

    def _command(self, port: int) -> Command:
        work = self._folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        variables = self._container.variables(port)
        # Images tell uvicorn to listen on all addresses of the container; here those would be this machine's.
        address = {"UVICORN_HOST": "127.0.0.1"}
        return Command(
            argv=self._container.argv(self._environment, variables),
            env=base_variables(self._environment, work, self._launcher.client) | address | variables,
            cwd=work,
            log=self.log,
        )

    async def _wait_until_healthy(self, port: int, process: Process, log_start: int) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                pause_s = _FIRST_HEALTH_PAUSE_S
                while not await asyncio.to_thread(
                    is_healthy, port, self._container.health_route, min(_HEALTH_TIMEOUT_S, self._timeout_s)
                ):
                    await asyncio.wait([process.exit], timeout=pause_s)
                    if process.exit.done():
                        raise NotServing(self._failure(f"Model server exited unexpectedly{_how(process)}.", log_start))
                    pause_s = min(pause_s * 2, _LONGEST_HEALTH_PAUSE_S)
        except TimeoutError as error:
            raise NotServing(
                self._failure(
                    f"Model server never became ready: {self._container.health_route} did not answer 200 within"
                    f" {self._timeout_s:g} seconds. Please validate that your model file or container configuration are"
                    " valid.",
                    log_start,
                )
            ) from error

    def _failure(self, problem: str, log_start: int) -> str:
        written = tail(self.log, log_start, _TAIL_LINES)
        return f"{problem} Model server logs can be found at {self.log}\n{written}".rstrip()


def _how(process: Process) -> str:
    ended = process.exit.result()
    return f" with status {ended.code}{f' ({ended.signal_name})' if ended.signal_name else ''}"
