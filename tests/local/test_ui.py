"""How `make ui` starts Airflow's processes, what it says when it cannot, and how it ends them."""

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

# Stands in the place of Airflow: each component ends as it is told, or stays.
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
    """A folder with a program in the place of Airflow, for this process and those below; a failed test leaves none."""
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
    """Return the process that a component has started, once it says so."""
    # All of the line: where Python does not buffer its output, it comes in pieces.
    while not log.is_file() or not (text := log.read_text()).endswith("\n"):
        pass
    return int(text.split()[1])


def is_of(folder: Path, process: psutil.Process) -> bool:
    """Tell whether a process has been started, by whomever, with the folder's program as Airflow."""
    try:
        return str(folder) in process.environ().get("PYTHONPATH", "") and process.pid != os.getpid()
    except psutil.Error:  # somebody else's, or gone
        return False


def test_port_that_is_taken_is_named_with_the_way_out(airflow: Path) -> None:
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
def test_what_is_no_port_is_refused(text: str, airflow: Path) -> None:
    process = start(airflow, text)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"a port is a number from 1 to 65535, not {text}" in out


def test_component_that_dies_ends_the_others_and_has_the_last_word(airflow: Path) -> None:
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


def test_password_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "password.json"
    password = ui.password_in(path)
    assert ui.password_in(path) == password
    assert json.loads(path.read_text()) == {ui.USER: password}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_password_file_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "password.json"
    path.write_text("{")
    password = ui.password_in(path)
    assert json.loads(path.read_text()) == {ui.USER: password}


def test_interface_and_tasks_meet_on_loopback_at_the_port(tmp_path: Path) -> None:
    settings = ui.environment(8081, tmp_path / "password.json")
    assert settings["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert settings["AIRFLOW__API__PORT"] == "8081"
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8081/execution/"
