"""Python processes that start in a tenth of the time: forks of one that has done their imports already.

Imports are nine tenths of what the start of a server, or of a run's process, costs, and the suite needs hundreds. Each
pytest process has one process to fork from for each kind, made when it is first needed. `python -m localgcp` itself is
tested where its start is the matter: tests/localgcp/cli and tests/localgcp/testing.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path

from localgcp.processes import forkserver

ROOT = Path(__file__).parents[1]


class ForkedProcess:
    """A process, with what `subprocess.Popen` has of use.

    Attributes:
        pid: its id.
        returncode: the exit code; None while the process runs.
    """

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self._has_started = threading.Event()
        self._has_ended = threading.Event()

    def note_start(self, pid: int) -> None:
        """Note the start."""
        self.pid = pid
        self._has_started.set()

    def note_end(self, code: int) -> None:
        """Note the end, with the exit code as `subprocess` has it."""
        self.returncode = code
        self._has_ended.set()
        self._has_started.set()

    def wait_for_start(self) -> None:
        """Wait until there is a process."""
        self._has_started.wait()

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: the process did not end in time.
        """
        if not self._has_ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """End the process without warning; nothing happens where it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


class Forks:
    """One process that forks others; localgcp's own fork server, with a module of the tests' to import."""

    def __init__(self, module: str, variables: Mapping[str, str] | None = None) -> None:
        """Start the process.

        Args:
            module: what it imports.
            variables: its environment; this process's where None.
        """
        surroundings = dict(os.environ if variables is None else variables)
        path = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), *filter(None, [surroundings.get("PYTHONPATH")])])
        self._processes: dict[str, ForkedProcess] = {}
        self._numbers = count()
        self._server = subprocess.Popen(
            [sys.executable, forkserver.__file__, module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
            env=surroundings | {"PYTHONPATH": path}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, name=f"forks of {module}", daemon=True).start()
        atexit.register(self.close)

    def launch(
        self, argv: Sequence[str], output: Path, errors: Path, variables: Mapping[str, str] | None = None
    ) -> ForkedProcess:
        """Start `python -m module` with arguments and return its process.

        Args:
            argv: the command line.
            output: the file that its standard output is added to.
            errors: the same for its standard error.
            variables: its environment; this process's where None.
        """
        name = str(next(self._numbers))
        process = self._processes[name] = ForkedProcess()
        request = {
            "launch": name, "argv": [*argv], "env": dict(os.environ if variables is None else variables),
            "cwd": str(ROOT), "log": str(output), "errors": str(errors),
        }  # fmt: skip
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request).encode() + b"\n")
        self._server.stdin.flush()
        process.wait_for_start()
        return process

    def close(self) -> None:
        """End the process, and everything that it has started."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            event = json.loads(line)
            if "started" in event:
                self._processes[event["started"]].note_start(event["pid"])
            elif "ended" in event:
                died_by = event["signal"]
                self._processes.pop(event["ended"]).note_end(-died_by if died_by else event["code"])
        for process in self._processes.values():  # the fork server is gone, and with it what it started
            process.note_end(-signal.SIGKILL)


@cache
def forks_of(module: str) -> Forks:
    """Return this pytest process's own forks of a process that has imported a module."""
    return Forks(module)
