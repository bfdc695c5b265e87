"""Airflow's long-running processes on this machine, each with a log of its own.

`airflow standalone` starts the same processes. It is not used here because it continues when one of them ends, mixes
their output, and lets two of them serve logs on all network interfaces.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from local.airflow_log import last_words

# The API server reads logs from the disk; a log server would listen on every network interface.
COMMANDS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
_GRACE_S = 5.0
_POLL_S = 0.02
# An earlier traceback did not end the process.
_TAIL_LINES = 100
_LAST_LINES = 5


class ComponentEnded(Exception):
    """One of the processes has ended."""


class Components:
    """The processes that have been started. `stop` ends them and every process that they started.

    Attributes:
        logs: the folder of the logs, one file per component.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        """Args: environment: variables that the processes get besides those of this process."""
        self._environment = {**os.environ, **environment}
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> int:
        """Start one of `COMMANDS` and return its process id. Output is appended to the component's log."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log_of(name).open("ab") as log:
            # In a session of its own: Ctrl-C reaches the caller alone, who ends the components in order.
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *COMMANDS[name]], env=self._environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self._running[name].pid

    def log_of(self, name: str) -> Path:
        """Return the log file of a component."""
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Check that all components run.

        Raises:
            ComponentEnded: one of them has ended; the message has the end of its log.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                ended = f"Airflow's {name} ended with exit code {_exit_code(process)}"
                words = "\n  ".join(_last_words(self.log_of(name)))
                raise ComponentEnded(f"{ended}. Its log: {self.log_of(name)}\n  {words}")

    def end(self, name: str, number: signal.Signals) -> None:
        """End one component with a signal; kill the processes that it started and did not end."""
        _end([self._running.pop(name)], number)

    def stop(self) -> None:
        """End all components; kill those that do not end within a few seconds."""
        # The API server ends last: the others call it while they end.
        first, *others = COMMANDS
        for names in (others, [first]):
            _end([self._running.pop(name) for name in names if name in self._running], signal.SIGTERM)


def _last_words(log: Path) -> list[str]:
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    raised = any(line.startswith("Traceback") for line in tail)
    return last_words(tail) if raised else tail[-_LAST_LINES:]


def _exit_code(process: "subprocess.Popen[bytes]") -> int:
    return 128 - process.returncode if process.returncode < 0 else process.returncode


def _end(processes: Sequence["subprocess.Popen[bytes]"], number: signal.Signals) -> None:
    # Listed first: once a process has ended, its children cannot be found any more.
    below = [child for process in processes for child in _children(process.pid)]
    for process in processes:
        process.send_signal(number)
    deadline_s = time.monotonic() + _GRACE_S
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline_s - time.monotonic()))
    below += [child for process in processes if process.poll() is None for child in _children(process.pid)]
    for left in [*processes, *below]:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()
    for process in processes:
        process.wait()
    deadline_s = time.monotonic() + _GRACE_S
    while any(_is_alive(child) for child in below) and time.monotonic() < deadline_s:
        time.sleep(_POLL_S)


def _is_alive(process: psutil.Process) -> bool:
    # In a container without an init, an ended process stays listed as a zombie.
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _children(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found
