"""`LocalCloud`: a server in its own process, for tests and scripts.

The module does not need pytest. pytest loads it in every run of an environment with this package, so it imports the
modules for HTTP calls only when it makes one.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

_CALL_S = 60
_STOP_S = 60
# The folder that contains this package; the server starts there, whatever the working folder of the tests.
_IMPORT_ROOT = Path(__file__).resolve().parents[2]


class NotStarted(Exception):
    """The server failed to start, or `start` was not called."""


class ServerProcess(Protocol):
    """The part of `subprocess.Popen` that `LocalCloud` uses."""

    @property
    def pid(self) -> int:
        """The process id."""

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the process, and return its exit code.

        Raises:
            subprocess.TimeoutExpired: the process did not end in time.
        """

    def kill(self) -> None:
        """Kill the process."""


class LocalCloud:
    """A server on a state folder (`python -m localgcp serve`), which a test can kill and restart on the same port.

    Attributes:
        state_dir: the state folder. The log of the server lies beside it, as `<name>.log`.
        project: the default project of clients.
        port: the port of the server; 0 before the first start.
        environment: the environment variables by which clients find the server.
    """

    def __init__(self, state_dir: Path, project: str = "test-project") -> None:
        self.state_dir = state_dir.absolute()
        self.project = project
        self.port = 0
        self.environment: dict[str, str] = {}
        self._process: ServerProcess | None = None

    @property
    def base_url(self) -> str:
        """The address of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_options(self) -> dict[str, str]:
        """The `client_options` of a client of Vertex AI, Cloud Build or Artifact Registry."""
        return {"api_endpoint": self.base_url}

    @property
    def log(self) -> Path:
        """The file with the standard error of the server."""
        return self.state_dir.with_name(f"{self.state_dir.name}.log")

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._running().pid

    def start(self) -> None:
        """Start the server, and wait until it answers.

        Raises:
            NotStarted: the server ended; the message contains its log.
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
        """Stop the server as Ctrl-C does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server."""
        self._end(signal.SIGKILL)

    def wait(self, timeout_s: float = 30) -> None:
        """Wait until the server has ended by itself, as after a `kill` fault."""
        self._running().wait(timeout_s)

    def restart(self, *, kill: bool = False) -> None:
        """Stop or kill the server, and start another one on the same folder and port."""
        self._end(signal.SIGKILL if kill else signal.SIGINT)
        self.start()

    def call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call a method of the server, and return the JSON of its response.

        Args:
            path: the path, such as `/localgcp/requests`.
            body: sent as JSON; None sends no body.

        Raises:
            urllib.error.HTTPError: the server answered with an error.
        """
        from urllib.request import Request

        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base_url + path, data=data, method=verb)
        with _opener().open(request, timeout=_CALL_S) as reply:
            return dict(json.load(reply))

    def add_fault(self, method: str, action: str, **fields: Any) -> str:
        """Add a fault (README.md, "Faults"), and return its id."""
        return str(self.call("POST", "/localgcp/faults", {"method": method, "action": action, **fields})["id"])

    def fault_is_consumed(self, fault_id: str) -> bool:
        """Return whether a fault has hit as many calls as its `count`."""
        return bool(self.call("GET", f"/localgcp/faults/{fault_id}")["remaining"] == 0)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.call("DELETE", "/localgcp/faults")

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the recorded calls of one method, or of all methods."""
        return list(self.call("GET", f"/localgcp/requests?method={quote(method or '')}")["requests"])

    def set_state(self, job: str, state: str, **fields: Any) -> None:
        """Set the state of a job, such as `JOB_STATE_PAUSED`; the job stays in it (README.md, "States of jobs")."""
        self.call("POST", "/localgcp/lifecycle", {"name": job, "state": state, **fields})

    def hold_jobs(self, state: str = "JOB_STATE_QUEUED") -> None:
        """Hold each job that a client creates from now on in the state QUEUED or PENDING."""
        self.call("POST", "/localgcp/lifecycle", {"hold": state})

    def release(self, job: str = "") -> None:
        """Release a held job, which then runs; without a name, release all jobs and hold no new ones."""
        self.call("DELETE", f"/localgcp/lifecycle/{job}" if job else "/localgcp/lifecycle")

    def clock(self) -> datetime:
        """Return the time of the server."""
        return datetime.fromisoformat(self.call("GET", "/localgcp/clock")["now"])

    def advance_clock(self, seconds: float) -> datetime:
        """Put the clock of the server forward (README.md, "The clock"), and return its time."""
        return self._move_clock({"advance": f"{seconds:.6f}s"})

    def set_clock(self, moment: datetime) -> datetime:
        """Put the clock of the server forward to a time with a time zone, and return its time."""
        return self._move_clock({"set": moment.isoformat()})

    def reset(self) -> None:
        """Delete all state, jobs, faults and recorded requests, and reset the clock; the server keeps running."""
        self.call("POST", "/localgcp/reset")

    def _launch(self, command: Sequence[str]) -> tuple[ServerProcess, str]:
        """Start a server, and return its process with the first line of its output; empty if the server ended."""
        with self.log.open("a") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=_IMPORT_ROOT)
        assert process.stdout is not None
        with process.stdout:
            return process, process.stdout.readline()

    def _move_clock(self, change: dict[str, str]) -> datetime:
        return datetime.fromisoformat(self.call("POST", "/localgcp/clock", change)["now"])

    def _running(self) -> ServerProcess:
        if self._process is None:
            raise NotStarted("The server was not started: call start() first.")
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


@cache
def _opener() -> "OpenerDirector":
    """Return an opener that uses no proxy, because the server is on loopback."""
    from urllib.request import ProxyHandler, build_opener

    return build_opener(ProxyHandler({}))
