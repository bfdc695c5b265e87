"""The warm server on its own: what a process started by it sees, and what becomes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from localgcp.processes import forkserver

Launch = Callable[..., dict[str, Any]]


class Warm:
    """A server with `json` imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, forkserver.__file__, "json", "random"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.event() == {"ready": True}

    def event(self) -> dict[str, Any]:
        assert self.process.stdout
        return dict(json.loads(self.process.stdout.readline()))

    def send(self, **request: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def launch(self, *argv: str, **env: str) -> int:
        env.setdefault("PATH", os.environ["PATH"])
        log = str(self.folder / "log")
        self.send(launch="1", argv=list(argv), env=env, cwd=str(self.folder), log=log, errors=log)
        return int(self.event()["pid"])

    def run(self, source: str, *args: str, **env: str) -> dict[str, Any]:
        """Run a script to its end and return the event."""
        (self.folder / "script.py").write_text(source)
        self.launch("python", "script.py", *args, **env)
        return self.event()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    server = Warm(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("pass", 0),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit('why')", 1),
        ("1/0", 1),
        ("import os; os._exit(7)", 7),
    ],
)
def test_exit_code_is_that_of_python(warm: Warm, source: str, code: int) -> None:
    ended = warm.run(source)
    assert (ended["code"], ended["signal"]) == (code, None)


def test_signal_is_reported(warm: Warm) -> None:
    assert warm.run("import os; os.kill(os.getpid(), 9)")["signal"] == 9


def test_message_of_exit_is_in_the_log(warm: Warm) -> None:
    warm.run("import sys; sys.exit('why')")
    assert warm.log == "why\n"


def test_traceback_begins_in_the_script(warm: Warm) -> None:
    warm.run("1/0")
    lines = warm.log.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "script.py" in lines[1]
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_environment_is_replaced(warm: Warm) -> None:
    warm.run("import os; print(sorted(os.environ))", MINE="1")
    assert warm.log == "['MINE', 'PATH']\n"


def test_output_is_written_before_a_hard_end(warm: Warm) -> None:
    warm.run("import os; print('said'); os._exit(0)")
    assert warm.log == "said\n"


def test_exit_waits_for_handlers_and_threads(warm: Warm) -> None:
    warm.run(
        "import atexit, threading; atexit.register(print, 'last'); threading.Timer(0.01, print, ['thread']).start()"
    )
    assert warm.log == "thread\nlast\n"


def test_script_is_main_and_sees_its_arguments(warm: Warm) -> None:
    warm.run("import sys; print(__name__, sys.argv)", "--a", "b")
    assert warm.log == "__main__ ['script.py', '--a', 'b']\n"


def test_module_is_found_in_the_working_directory(warm: Warm) -> None:
    package = warm.folder / "pkg"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "task.py").write_text("import sys; print(__name__, sys.argv[1:])")
    warm.launch("python", "-u", "-m", "pkg.task", "x")
    assert warm.event()["code"] == 0
    assert warm.log == "__main__ ['x']\n"


def test_preloaded_modules_are_imported_already(warm: Warm) -> None:
    warm.run("import sys; print('json' in sys.modules)")
    assert warm.log == "True\n"


def test_siblings_draw_different_random_numbers(warm: Warm) -> None:
    for _ in range(2):
        warm.run("import random; print(random.random())")
    first, second = warm.log.split()
    assert first != second


def test_cpu_time_is_that_of_the_process(warm: Warm) -> None:
    ended = warm.run("import time\nwhile time.process_time() < 0.05: pass")
    assert 0.05 <= ended["cpu_s"] < 1


def test_unknown_program_ends_with_127(warm: Warm) -> None:
    warm.launch("no-such-program")
    assert warm.event()["code"] == 127
    assert "no-such-program" in warm.log


def test_signal_reaches_the_whole_group(warm: Warm) -> None:
    pid = warm.launch("sh", "-c", "sleep 600 & echo $! > child; wait")
    while not (warm.folder / "child").exists() or not (warm.folder / "child").read_text():
        assert psutil.pid_exists(pid)
    child = psutil.Process(int((warm.folder / "child").read_text()))
    warm.send(signal=15, to="1")
    assert warm.event()["signal"] == 15
    child.wait(10)


def test_end_of_input_kills_all_processes(warm: Warm) -> None:
    pid = warm.launch("sleep", "600")
    warm.close()
    assert not psutil.pid_exists(pid)
