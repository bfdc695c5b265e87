"""The command of `localgcp run`: started with the variables for clients, and ended with this process."""

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

import psutil

_GRACE_S = 15.0
_WAKE_S = 0.25
_LEFT_OVER_GRACE_S = 3.0


class Child:
    """One command and the processes that it starts.

    Attributes:
        interrupted: the user has pressed Ctrl-C, or a termination signal has arrived.
    """

    def __init__(self) -> None:
        """Handle the signals: from now on an interruption ends the command instead of this process."""
        self.interrupted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._tree: list[psutil.Process] = []
        self._timer: threading.Timer | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run the command and return its exit code, as a shell does; 130 if it was interrupted before its start.

        Ctrl-C reaches the command from the terminal; a termination signal is passed on to it. After an interruption the
        processes that the command has started are ended too, and killed after a grace period.

        Raises:
            OSError: the command does not exist, or cannot be executed.
        """
        if self.interrupted:
            return 128 + signal.SIGINT
        self._process = subprocess.Popen(command, env=environment)
        if self.interrupted:  # an interruption came before the start
            self._interrupt(signal.SIGTERM, None)
        code = self._wait(self._process)
        if self.interrupted:
            _end(self._tree)
        return 128 - code if code < 0 else code

    @staticmethod
    def _wait(process: subprocess.Popen[bytes]) -> int:
        # Any thread may get the signal, but Python handles it only when the main thread wakes.
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_WAKE_S)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        if self._process is not None and self._process.returncode is None:
            # Noted now, because after the end of the command its children cannot be found.
            self._tree += _tree(self._process.pid)
            if number == signal.SIGTERM:
                _signal(self._tree, signal.SIGTERM)
            if self._timer is None:
                self._timer = threading.Timer(_GRACE_S, self._kill)
                self._timer.daemon = True
                self._timer.start()
        self.interrupted = True

    def _kill(self) -> None:
        assert self._process is not None
        _signal([*self._tree, *_tree(self._process.pid)], signal.SIGKILL)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [*top.children(recursive=True), top]
    except psutil.NoSuchProcess:
        return []


def _end(processes: Sequence[psutil.Process]) -> None:
    _signal(processes, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, _LEFT_OVER_GRACE_S)
    _signal(alive, signal.SIGKILL)
    psutil.wait_procs(alive, _LEFT_OVER_GRACE_S)


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
