"""Runs one command for a build, with its output in a log, until it ends or the build is cancelled."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

_POLL_S = 0.05
_TAIL_LINES = 12
_CHECKOUT_TOOLS = Path(__file__).resolve().parents[3] / ".tools" / "bin"


class CommandFailed(Exception):
    """A command ended with another code than 0; the message holds its last lines."""


class Cancelled(Exception):
    """The build was cancelled while the command ran."""


class UvMissing(Exception):
    """uv was not found on this machine."""


def find_uv() -> str:
    """Return the path of uv.

    The places, in this order: `LOCALGCP_UV`, beside this Python, `PATH`, and `.tools/bin` of the checkout that this
    package is installed from, where `make setup` puts uv.

    Raises:
        UvMissing: it is in none of these places.
    """
    if named := os.environ.get("LOCALGCP_UV"):
        return named
    for folder in (Path(sys.executable).parent, None, _CHECKOUT_TOOLS):
        if found := shutil.which("uv", path=None if folder is None else str(folder)):
            return found
    raise UvMissing("uv is not installed, and environments are made with it. Install it, or name it in LOCALGCP_UV.")


def run_logged(command: Sequence[str], log: Path, cancelled: Event, *, cwd: Path | None = None) -> None:
    """Run a command; its output is appended to the log.

    Raises:
        CommandFailed: it ended with another code than 0.
        Cancelled: the event was set; the command and its children have ended.
    """
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True
        )
    while process.poll() is None:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if cancelled.is_set():
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Cancelled from None
    if process.returncode != 0:
        raise CommandFailed(tail(log, start))


def tail(log: Path, start: int = 0, lines: int = _TAIL_LINES) -> str:
    """Return the last lines that were written after a position."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - 65536))
        return "\n".join(file.read().decode("utf-8", "replace").rstrip().splitlines()[-lines:])
