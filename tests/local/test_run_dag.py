"""What `make run` shows of Airflow's log, and how it ends."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local import run_dag
from local.airflow_log import records
from local.run_dag import Console, conf_problem
from tests.local.test_airflow_log import FAILURE, line, started

_ROOT = Path(__file__).parents[2]


def shown(*log: str) -> list[str]:
    """Return what the terminal shows of a log, without the times."""
    out = io.StringIO()
    console = Console(out)
    for record in records("".join(log).splitlines(keepends=True)):
        console.show(record)
    return [re.sub(r"^ ?\d+:\d\d  ", "", text) for text in out.getvalue().splitlines()]


class TestConsole:
    def test_mapped_step_is_one_line(self) -> None:
        log = [started("tune", index) + line("Task started", "airflow.api") for index in range(3)]
        assert shown(started("load"), *log) == ["-- load", "-- tune"]

    def test_pipelines_own_messages_are_shown_and_others_are_not(self) -> None:
        log = [line("5 rows"), line("Pushing xcom", "task"), line("job made", "timberline.hooks.vertex_jobs")]
        assert shown(started("load"), *log) == ["-- load", "5 rows", "job made"]

    def test_table_begins_on_a_line_of_its_own(self) -> None:
        assert shown(line("\na  b\n1  2")) == ["", "a  b", "1  2"]

    def test_final_error_is_shown_once(self) -> None:
        known = line("split train has no row", level="error")
        again = [FAILURE[0], FAILURE[1], "AirflowFailException: split train has no row\n"]
        assert shown(started("split"), known, *again) == ["-- split", "split: split train has no row"]

    def test_other_error_is_shown_by_its_exception(self) -> None:
        assert shown(started("load"), *FAILURE) == [
            "-- load",
            "load: google.api_core.exceptions.Forbidden: 403 Access Denied: Table t",
        ]

    def test_each_retry_with_the_same_error_is_shown_once(self) -> None:
        assert len(shown(started("load"), *FAILURE, started("load"), *FAILURE)) == 2

    def test_failures_of_two_steps_are_both_shown(self) -> None:
        other = [*FAILURE[:4], "KeyError: 'x'\n"]
        assert shown(started("a"), *FAILURE, started("b"), *other)[-1] == "b: KeyError: 'x'"

    def test_error_that_airflow_handles_is_not_a_failure(self) -> None:
        assert shown(started("wait"), line("XCom not found", "airflow.sdk.api.client", "error")) == ["-- wait"]

    def test_error_before_the_first_step_is_shown(self) -> None:
        assert shown(line("Failed to import dags/x.py", "airflow.models.dagbag", "error")) == [
            "Failed to import dags/x.py"
        ]


def airflow(folder: Path, program: str) -> None:
    """Install a program in place of Airflow."""
    (folder / "airflow").mkdir()
    (folder / "airflow" / "__init__.py").touch()
    (folder / "airflow" / "__main__.py").write_text(program)


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start `local.run_dag` with the program of the folder as Airflow, in a process group of its own."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(_ROOT)]), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "local.run_dag", "some_dag", "--log", str(folder / "logs" / "run.log")]
    return subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        cwd=folder, start_new_session=True,
    )  # fmt: skip


def finish(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code and what the terminal shows."""
    with start(folder, *arguments) as process:
        out, _ = process.communicate(timeout=60)
    return process.returncode, out


class TestRun:
    @pytest.mark.parametrize("code", [0, 1, 3])
    def test_exit_code_is_that_of_airflow(self, tmp_path: Path, code: int) -> None:
        airflow(tmp_path, f"raise SystemExit({code})")
        assert finish(tmp_path)[0] == code

    def test_exit_by_a_signal_gives_the_exit_code_of_shells(self, tmp_path: Path) -> None:
        airflow(tmp_path, "import os; os.kill(os.getpid(), 9)")
        assert finish(tmp_path)[0] == 137

    def test_dag_and_parameters_reach_airflow(self, tmp_path: Path) -> None:
        airflow(tmp_path, "import sys; print(sys.argv[1:])")
        assert finish(tmp_path, "--conf", '{"preset": "quick"}')[0] == 0
        log = (tmp_path / "logs" / "run.log").read_text()
        assert log == """['dags', 'test', 'some_dag', '--conf', '{"preset": "quick"}']\n"""

    def test_whole_log_is_in_the_file(self, tmp_path: Path) -> None:
        text = started("load") + "noise\n" + line("5 rows")
        airflow(tmp_path, f"print({text!r}, end='')")
        _, out = finish(tmp_path)
        assert (tmp_path / "logs" / "run.log").read_text() == text
        assert "noise" not in out

    def test_bytes_that_are_not_utf8_do_not_end_the_run(self, tmp_path: Path) -> None:
        airflow(tmp_path, f"import sys; sys.stdout.buffer.write(b'\\xff\\n' + {line('5 rows')!r}.encode())")
        code, out = finish(tmp_path)
        assert code == 0
        assert "5 rows" in out

    def test_failure_outside_of_a_step_shows_the_end_of_the_log(self, tmp_path: Path) -> None:
        airflow(tmp_path, "raise SystemExit('There is no DAG some_dag')")
        code, out = finish(tmp_path)
        assert code == 1
        assert "There is no DAG some_dag" in out
        assert str(tmp_path / "logs" / "run.log") in out

    @pytest.mark.parametrize("conf", ["[3]", "3", "null", '"quick"', "{preset: quick}", "{"])
    def test_conf_that_is_not_a_json_object_is_refused_in_one_line(self, conf: str, tmp_path: Path) -> None:
        airflow(tmp_path, "raise SystemExit('Airflow was started')")
        code, out = finish(tmp_path, "--conf", conf)
        assert code == 2
        assert out.startswith('CONF: expected a JSON object such as {"preset": "quick"}, found ')
        assert out.count("\n") == 1


def test_a_json_object_is_a_possible_conf() -> None:
    assert conf_problem('{"cover_types": [3]}') is None


SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", "import signal, time; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); "
     "time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
print({started!r}.replace("wait", f"wait-{{child.pid}}"), end="", flush=True)
time.sleep(600)
"""


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class TestInterruption:
    def test_exits_130_and_leaves_no_process(self, tmp_path: Path) -> None:
        airflow(tmp_path, SLEEPER.format(started=started("wait")))
        process = start(tmp_path)
        assert process.stdout is not None
        step = process.stdout.readline()
        tree = psutil.Process(process.pid).children(recursive=True)
        assert int(step.rpartition("-")[2]) in [one.pid for one in tree]
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == f"\nInterrupted. Airflow's log: {tmp_path / 'logs' / 'run.log'}\n"
        assert not [one.pid for one in tree if runs(one.pid)]

    def test_airflow_that_does_not_end_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run_dag, "_GRACE_S", 0.05)
        deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
        with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            run_dag._end(process)
        assert process.returncode == -signal.SIGKILL
