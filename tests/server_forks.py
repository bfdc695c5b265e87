"""Servers that start in a tenth of the time: forks of a process that has done a server's imports already.

Imports are nine tenths of what a start costs, and the suite needs some two hundred servers. Each pytest process has one
such process, made when the first server is needed. `python -m localgcp serve` itself is tested where its start is the
matter (`real_localgcp`, `tests/localgcp/cli`, `tests/contract/test_frame.py`).
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from localgcp.processes import forkserver

_ROOT = Path(__file__).parents[1]
_LOOK_S = 0.005


class ForkedProcess:
    """A server's process, as `localgcp.testing.LocalCloud` uses it.

    Attributes:
        pid: its id.
    """

    def __init__(self) -> None:
        self.pid = 0
        self._code: int | None = None
        self._has_started = threading.Event()
        self._has_ended = threading.Event()

    def started(self, pid: int) -> None:
        """Note the start."""
        self.pid = pid
        self._has_started.set()

    def ended(self, code: int) -> None:
        """Note the end, and the exit code as `subprocess` has it."""
        self._code = code
        self._has_ended.set()
        self._has_started.set()

    def wait_for_start(self) -> None:
        """Wait until there is a process."""
        self._has_started.wait()

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: the process did not end in time.
        """
        if not self._has_ended.wait(timeout):
            raise subprocess.TimeoutExpired("localgcp", timeout or 0)
        assert self._code is not None
        return self._code

    def kill(self) -> None:
        """End the process without warning."""
        os.kill(self.pid, signal.SIGKILL)


class ServerForks:
    """The process that forks servers."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="server-forks-"))
        self._servers: dict[str, ForkedProcess] = {}
        command = [sys.executable, forkserver.__file__, "tests.server_imports"]
        with (self._folder / "forks.log").open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=_ROOT,
                env=os.environ | {"PYTHONPATH": str(_ROOT)}, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, name="server-forks", daemon=True).start()
        atexit.register(self.close)

    def launch(self, command: Sequence[str], errors: Path) -> tuple[ForkedProcess, str]:
        """Start a server and return its process and its first line of output, empty where it ended before one.

        Args:
            command: `python -m localgcp serve ...`.
            errors: the file that its standard error is added to.
        """
        name = str(len(self._servers))
        output = self._folder / f"{name}.out"
        output.touch()
        server = self._servers[name] = ForkedProcess()
        request = {
            "launch": name, "argv": [*command], "env": dict(os.environ), "cwd": str(_ROOT), "log": str(output),
            "errors": str(errors),
        }  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        server.wait_for_start()
        while not (text := output.read_text()).endswith("\n") and server.poll() is None:
            time.sleep(_LOOK_S)
        return server, text

    def close(self) -> None:
        """End the process, and every server that is left."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            if "started" in event:
                self._servers[event["started"]].started(event["pid"])
            elif "ended" in event:
                died_by = event["signal"]
                self._servers[event["ended"]].ended(-died_by if died_by else event["code"])
        for server in self._servers.values():  # the process is gone, and kills what it started
            if server.poll() is None:
                server.ended(-signal.SIGKILL)


@cache
def server_forks() -> ServerForks:
    """Return this pytest process's own."""
    return ServerForks()
