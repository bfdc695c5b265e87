"""A local cloud in a process of its own, as tests drive it; the fixtures of `localgcp.testing.pytest_plugin` give it.

It needs no pytest, so that other test frameworks and scripts can use it too.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

_CALL_S = 60
_STOP_S = 60
# Where this package is found, whatever the folder that the tests are run in.
_IMPORT_ROOT = Path(__file__).resolve().parents[2]
# Loopback: whatever proxy this machine has is not asked.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotStarted(Exception):
    """The server did not come up, or was not started."""


class ServerProcess(Protocol):
    """What `LocalCloud` needs of a server's process; `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """The process id."""

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: the process did not end in time.
        """

    def kill(self) -> None:
        """End the process without warning."""


class LocalCloud:
    """`python -m localgcp serve` on a state folder; it can be killed and started again on the same port.

    Attributes:
        state_dir: what survives a restart; the server's log is beside it, as `<name>.log`.
        project: what clients are told to use.
        port: 0 before the first start.
        environment: the variables by which clients find the server.
    """

    def __init__(self, state_dir: Path, project: str = "test-project") -> None:
        self.state_dir = state_dir.absolute()
        self.project = project
        self.port = 0
        self.environment: dict[str, str] = {}
        self._process: ServerProcess | None = None

    @property
    def base_url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_options(self) -> dict[str, str]:
        """What a client of Vertex AI, Cloud Build or Artifact Registry takes as `client_options`."""
        return {"api_endpoint": self.base_url}

    @property
    def log(self) -> Path:
        """The file with what the server wrote to standard error."""
        return self.state_dir.with_name(f"{self.state_dir.name}.log")

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._running().pid

    def start(self) -> None:
        """Start the server, and wait until it answers.

        Raises:
            NotStarted: it ended instead; the message is its log.
        """
        command = [sys.executable, "-m", "localgcp", "serve", "--state", str(self.state_dir), "--port", str(self.port)]
        self._process, line = self._launch([*command, "--project", self.project])
        if not line:
            self.stop()
            raise NotStarted(f"localgcp did not start: {self.log.read_text()}")
        announced = json.loads(line)
        self.port = announced["port"]
        self.environment = announced["environment"]

    def stop(self) -> None:
        """End as Ctrl-C does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End without warning."""
        self._end(signal.SIGKILL)

    def wait(self, timeout_s: float = 30) -> None:
        """Wait for a server that ends by itself, as after a `kill` fault."""
        self._running().wait(timeout_s)

    def restart(self, *, kill: bool = False) -> None:
        """End the server and start another one on the same folder and port."""
        self._end(signal.SIGKILL if kill else signal.SIGINT)
        self.start()

    def call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call the server and return its JSON.

        Raises:
            urllib.error.HTTPError: it answered with an error.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=verb)
        with _OPENER.open(request, timeout=_CALL_S) as reply:
            return dict(json.load(reply))

    def add_fault(self, method: str, action: str, **fields: Any) -> str:
        """Ask for a fault (README.md, "Faults") and return its id."""
        return str(self.call("POST", "/localgcp/faults", {"method": method, "action": action, **fields})["id"])

    def fault_is_consumed(self, fault_id: str) -> bool:
        """Tell whether a fault has hit as many calls as it was asked for."""
        return bool(self.call("GET", f"/localgcp/faults/{fault_id}")["remaining"] == 0)

    def clear_faults(self) -> None:
        """Forget all faults."""
        self.call("DELETE", "/localgcp/faults")

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the recorded calls, of one method or of all."""
        return list(self.call("GET", f"/localgcp/requests?method={quote(method or '')}")["requests"])

    def bring(self, job: str, state: str, **fields: Any) -> None:
        """Bring a job into a state such as `JOB_STATE_PAUSED`, where it stays (README.md, "States of jobs")."""
        self.call("POST", "/localgcp/lifecycle", {"name": job, "state": state, **fields})

    def hold_jobs(self, state: str = "JOB_STATE_QUEUED") -> None:
        """Hold every job that is created from now on, queued or pending."""
        self.call("POST", "/localgcp/lifecycle", {"hold": state})

    def let_go(self, job: str = "") -> None:
        """Let a held job run; without a name all of them, and new ones too."""
        self.call("DELETE", f"/localgcp/lifecycle/{job}" if job else "/localgcp/lifecycle")

    def clock(self) -> datetime:
        """Return the server's time."""
        return datetime.fromisoformat(self.call("GET", "/localgcp/clock")["now"])

    def advance_clock(self, seconds: float) -> datetime:
        """Put the server's clock forward (README.md, "The clock"), and return its time."""
        return self._move_clock({"advance": f"{seconds:.6f}s"})

    def set_clock(self, moment: datetime) -> datetime:
        """Put the server's clock forward to a time with a time zone, and return its time."""
        return self._move_clock({"set": moment.isoformat()})

    def reset(self) -> None:
        """Forget all state, jobs, faults, recorded requests and the clock; the server goes on."""
        self.call("POST", "/localgcp/reset")

    def _launch(self, command: Sequence[str]) -> "tuple[ServerProcess, str]":
        """Start a server's process; return it with the first line of its output, empty where it ended before one."""
        with self.log.open("a") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=_IMPORT_ROOT)
        assert process.stdout is not None
        with process.stdout:
            return process, process.stdout.readline()

    def _move_clock(self, change: dict[str, str]) -> datetime:
        return datetime.fromisoformat(self.call("POST", "/localgcp/clock", change)["now"])

    def _running(self) -> "ServerProcess":
        if self._process is None:
            raise NotStarted("The server was not started.")
        return self._process

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            os.kill(process.pid, number)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
