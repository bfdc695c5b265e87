"""`make ui`: it starts Airflow's processes, explains why it cannot start them, and ends them."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local import components, ui
from local.components import ComponentEnded, Components
from tests.local.test_run_dag import runs

_ROOT = Path(__file__).parents[2]

# Replaces Airflow: the component `broken` fails at once, and the others run with a child that ignores SIGTERM.
_AIRFLOW = """
import subprocess, sys, time
if sys.argv[1] == {broken!r}:
    raise RuntimeError("no such column: dag.bundle")
child = subprocess.Popen(
    [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); "
     "time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
print("child", child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def airflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a program in place of Airflow; the fixture ends the processes of a failed test."""
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").touch()
    (tmp_path / "airflow" / "__main__.py").write_text(_AIRFLOW.format(broken=""))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{_ROOT}")
    yield tmp_path
    for left in [one for one in psutil.process_iter() if is_of(tmp_path, one)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()


def start(folder: Path, port: int | str) -> "subprocess.Popen[str]":
    """Start `local.ui` in a process group of its own."""
    command = [sys.executable, "-m", "local.ui", "--port", str(port), "--home", str(folder), "--logs", f"{folder}/logs"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, start_new_session=True
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def child_in(log: Path) -> int:
    """Wait for the log of a component, and return the id of the process that the component has started."""
    # Wait for the whole line: Python writes it in pieces when it does not buffer its output.
    while not log.is_file() or not (text := log.read_text()).endswith("\n"):
        pass
    return int(text.split()[1])


def is_of(folder: Path, process: psutil.Process) -> bool:
    """Return whether a process runs the folder's program as Airflow."""
    try:
        return str(folder) in process.environ().get("PYTHONPATH", "") and process.pid != os.getpid()
    except psutil.Error:  # a process of another user, or one that has ended
        return False


def test_port_in_use_is_named_with_a_remedy(airflow: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = start(airflow, port)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == f"Port {port} is in use by another program. Stop it, or name another one: make ui PORT={port + 1}\n"
    assert not (airflow / "logs").exists()


@pytest.mark.parametrize("text", ["0", "65536", "http"])
def test_text_that_is_not_a_port_is_refused(text: str, airflow: Path) -> None:
    process = start(airflow, text)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"a port is a number from 1 to 65535, not {text}" in out


def test_component_that_fails_ends_the_others_and_is_reported_last(airflow: Path) -> None:
    (airflow / "airflow" / "__main__.py").write_text(_AIRFLOW.format(broken="triggerer"))
    process = start(airflow, free_port())
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    log = airflow / "logs" / "triggerer.log"
    message = (
        f"Airflow's triggerer ended with exit code 1. Its log: {log}\n  RuntimeError: no such column: dag.bundle\n"
    )
    assert out == f"Starting Airflow ...\n\n{message}"
    assert not [one.pid for one in psutil.process_iter() if is_of(airflow, one)]


def test_interruption_exits_130_and_leaves_no_process(airflow: Path) -> None:
    process = start(airflow, free_port())
    child = child_in(airflow / "logs" / "api-server.log")
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == "Starting Airflow ...\n\nStopping Airflow ...\n"
    assert not runs(child)


def test_termination_ends_it_as_ctrl_c_does(airflow: Path) -> None:
    process = start(airflow, free_port())
    child = child_in(airflow / "logs" / "api-server.log")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not runs(child)


def test_component_that_does_not_end_is_killed(airflow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "_GRACE_S", 0.05)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('child', 0, flush=True); time.sleep(600)"
    (airflow / "airflow" / "__main__.py").write_text(deaf)
    group = Components({}, airflow / "logs")
    pid = group.start("scheduler")
    child_in(group.log_of("scheduler"))
    group.stop()
    assert not runs(pid)


def test_log_without_a_traceback_ends_with_its_last_lines(airflow: Path) -> None:
    (airflow / "airflow" / "__main__.py").write_text(
        "for number in range(9): print('line', number)\nraise SystemExit(3)"
    )
    group = Components({}, airflow / "logs")
    os.waitid(os.P_PID, group.start("scheduler"), os.WEXITED | os.WNOWAIT)
    with pytest.raises(ComponentEnded, match="exit code 3") as ended:
        group.check()
    assert str(ended.value).splitlines()[1:] == [f"  line {number}" for number in range(4, 9)]


def test_password_is_created_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "password.json"
    password = ui.password_in(path)
    assert ui.password_in(path) == password
    assert json.loads(path.read_text()) == {ui.USER: password}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_password_file_that_cannot_be_read_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "password.json"
    path.write_text("{")
    password = ui.password_in(path)
    assert json.loads(path.read_text()) == {ui.USER: password}


def test_interface_and_tasks_meet_on_loopback_at_the_port(tmp_path: Path) -> None:
    settings = ui.environment(8081, tmp_path / "password.json")
    assert settings["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert settings["AIRFLOW__API__PORT"] == "8081"
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8081/execution/"
