"""The command of `localgcp run`: started with the clients' environment, and never left behind."""

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import FrameType

import psutil

_GRACE_S = 15.0


class Child:
    """One command and the processes that it starts.

    Attributes:
        interrupted: the user asked for the end (Ctrl-C, or a termination signal).
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            FileNotFoundError: there is no such command.
        """
        self.interrupted = False
        self._process = subprocess.Popen(command, env=environment)

    def wait(self) -> int:
        """Return the exit code, as a shell counts it, once the command has ended.

        Ctrl-C reaches the command from the terminal, a termination signal from here; after a grace period its whole
        process tree is killed.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        code = self._process.wait()
        return 128 - code if code < 0 else code

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self._process.terminate()
        if not self.interrupted:
            self.interrupted = True
            timer = threading.Timer(_GRACE_S, self._kill)
            timer.daemon = True
            timer.start()

    def _kill(self) -> None:
        try:
            tree = psutil.Process(self._process.pid)
            for process in [*tree.children(recursive=True), tree]:
                process.kill()
        except psutil.NoSuchProcess:
            return
