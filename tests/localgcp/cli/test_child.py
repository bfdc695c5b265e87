"""The command of `localgcp run` as a process."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from localgcp.cli import child as module
from localgcp.cli.child import Child

STUBBORN = """
import os, pathlib, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, *sys.argv[1:]])
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def run(script: str, *arguments: str) -> int:
    return Child().run([sys.executable, "-c", script, *arguments], os.environ)


def interrupt_when(path: Path, *, to_this_thread: bool = False) -> threading.Thread:
    """Send this process, or just the thread that sends it, a termination signal as soon as the file is there."""

    def wait() -> None:
        while not (path.exists() and path.read_text()):
            os.sched_yield()
        if to_this_thread:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.parametrize(("script", "code"), [("pass", 0), ("raise SystemExit(7)", 7)])
def test_exit_code_is_passed_on(script: str, code: int) -> None:
    assert run(script) == code


def test_death_by_a_signal_has_the_exit_code_of_a_shell() -> None:
    assert run("import os; os.kill(os.getpid(), 9)") == 128 + 9


def test_unknown_command_is_reported() -> None:
    with pytest.raises(FileNotFoundError):
        Child().run(["no-such-command-anywhere"], {})


def test_command_does_not_begin_after_an_interruption() -> None:
    child = Child()
    os.kill(os.getpid(), signal.SIGINT)
    assert child.interrupted
    assert child.run(["no-such-command-anywhere"], {}) == 130


def test_command_that_ignores_signals_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GRACE_S", 0.05)
    thread = interrupt_when(tmp_path / "pid")
    assert run(STUBBORN, str(tmp_path / "pid")) == 128 + signal.SIGKILL
    thread.join()


def test_signal_to_another_thread_ends_the_command(tmp_path: Path) -> None:
    script = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('here'); time.sleep(10)"
    thread = interrupt_when(tmp_path / "here", to_this_thread=True)
    assert run(script, str(tmp_path / "here")) == 128 + signal.SIGTERM
    thread.join()


def test_processes_that_the_command_leaves_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEFT_OVER_GRACE_S", 0.2)
    thread = interrupt_when(tmp_path / "pid")
    assert run(PARENT, "-c", STUBBORN, str(tmp_path / "pid")) == 128 + signal.SIGTERM
    thread.join()
    left = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE
