"""The command line, in processes of its own: forked ones, but for those that signals and closed streams reach."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from localgcp.cli.main import main
from tests.commands import localgcp
from tests.local_cloud import LocalCloud

_ROOT = Path(__file__).parents[3]
_COLLECTION = "/v1/projects/test-project/locations/europe-west1/customJobs"

# Submits a job, and says which processes there are once it runs; then it waits for the end.
SUBMITTER = """
import json, os, pathlib, subprocess, sys, time, urllib.request
base = os.environ["STORAGE_EMULATOR_HOST"]
sleep = "import time; time.sleep(600)"
program = f"import os, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {sleep!r}]);"
program += f"print(os.getpid(), child.pid, flush=True); {sleep}"
container = {"imageUri": "python:3.11-slim", "command": ["python", "-c", program]}
pool = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1, "containerSpec": container}
body = json.dumps({"displayName": "sleeper", "jobSpec": {"workerPoolSpecs": [pool]}}).encode()
with urllib.request.urlopen(urllib.request.Request(base + sys.argv[1], body, method="POST")) as reply:
    name = json.load(reply)["name"]
log = pathlib.Path(sys.argv[2]) / "vertex" / name.rpartition("/")[2] / "workerpool0-0.log"
while not (log.exists() and log.read_text().endswith("\\n")):
    time.sleep(0.02)
own = subprocess.Popen([sys.executable, "-c", sleep])
print(json.dumps({"name": name, "pids": [os.getpid(), own.pid, *map(int, log.read_text().split())]}), flush=True)
time.sleep(600)
"""


def python(script: str) -> list[str]:
    return ["--", sys.executable, "-c", script]


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class TestRun:
    def test_exit_code_is_the_commands(self, tmp_path: Path) -> None:
        assert localgcp("run", "--state", str(tmp_path), *python("raise SystemExit(3)")).returncode == 3

    def test_unknown_command_is_127_in_one_line(self, tmp_path: Path) -> None:
        result = localgcp("run", "--state", str(tmp_path), "--", "no-such-command-anywhere")
        assert (result.returncode, result.stderr) == (127, "localgcp: no such command: no-such-command-anywhere\n")

    def test_command_that_cannot_be_executed_is_126_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no program")
        result = localgcp("run", "--state", str(tmp_path / "state"), "--", str(tmp_path / "text"))
        assert result.returncode == 126
        assert len(result.stderr.splitlines()) == 1

    def test_arguments_behind_the_first_dashes_are_the_commands_own(self, tmp_path: Path) -> None:
        script = "import sys; print(sys.argv[1:])"
        result = localgcp("run", "--state", str(tmp_path), *python(script), "--state", "x", "--", "y")
        assert result.stdout == "['--state', 'x', '--', 'y']\n"

    def test_server_ends_although_standard_error_is_closed(self, tmp_path: Path) -> None:
        run = [sys.executable, "-m", "localgcp", "run", "--state", str(tmp_path), *python("raise SystemExit(3)")]
        closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", *run]
        assert subprocess.run(closed, timeout=20, cwd=_ROOT, check=False).returncode == 3

    def test_command_finds_its_buckets_and_project(self, tmp_path: Path) -> None:
        script = """
import json, os, urllib.request
address = os.environ["STORAGE_EMULATOR_HOST"] + "/storage/v1/b?project=" + os.environ["GOOGLE_CLOUD_PROJECT"]
print([item["name"] for item in json.load(urllib.request.urlopen(address))["items"]])
"""
        arguments = ["run", "--state", str(tmp_path), "--project", "mine", "--bucket", "one-b", "--bucket", "two-b"]
        for _ in range(2):  # the second time they are there already
            assert localgcp(*arguments, *python(script)).stdout == "['one-b', 'two-b']\n"


@dataclass(frozen=True)
class Interrupted:
    """A run that was interrupted while a job of it ran."""

    state: Path
    code: int
    errors: str
    job_name: str
    pids: list[int]


@pytest.fixture(scope="module", params=[signal.SIGTERM, signal.SIGINT], ids=["terminated", "ctrl-c"])
def interrupted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interrupted]:
    state = tmp_path_factory.mktemp("run") / "state"
    script = [*python(SUBMITTER), _COLLECTION, str(state)]
    process = subprocess.Popen(
        [sys.executable, "-m", "localgcp", "run", "--project", "test-project", "--state", str(state), *script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    # A terminal sends Ctrl-C to the whole group, a service manager its signal to the first process.
    (os.killpg if request.param == signal.SIGINT else os.kill)(process.pid, request.param)
    _, errors = process.communicate(timeout=60)
    found = Interrupted(state, process.returncode, errors, begun["name"], begun["pids"])
    yield found
    for pid in filter(runs, found.pids):
        os.kill(pid, signal.SIGKILL)


class TestInterruption:
    def test_exit_code_names_the_signal(self, interrupted: Interrupted) -> None:
        assert interrupted.code in (128 + signal.SIGINT, 128 + signal.SIGTERM)

    def test_run_prints_the_output_of_the_command_alone(self, interrupted: Interrupted) -> None:
        assert "localgcp" not in interrupted.errors

    def test_no_process_of_command_or_job_is_left(self, interrupted: Interrupted) -> None:
        assert len(interrupted.pids) == 4
        assert not [pid for pid in interrupted.pids if runs(pid)]

    def test_jobs_of_an_interrupted_run_are_cancelled(self, interrupted: Interrupted) -> None:
        cloud = LocalCloud(interrupted.state)
        cloud.start()
        try:
            assert cloud.call("GET", f"/v1/{interrupted.job_name}")["state"] == "JOB_STATE_CANCELLED"
        finally:
            cloud.stop()

    def test_status_shows_the_state_that_run_has_left(self, interrupted: Interrupted) -> None:
        result = localgcp("status", "--state", str(interrupted.state))
        assert result.returncode == 0
        assert "no server uses the state folder" in result.stderr
        assert [line.split()[:2] for line in result.stdout.splitlines() if line.startswith("sleeper")] == [
            ["sleeper", "CANCELLED"]
        ]


class TestStatus:
    def test_status_asks_the_running_server(self, fresh_localgcp: LocalCloud) -> None:
        result = localgcp("status", "--state", str(fresh_localgcp.state_dir))
        assert (result.returncode, result.stdout, result.stderr) == (0, "No jobs.\n", "")
        assert _called(fresh_localgcp)

    def test_status_does_not_use_a_proxy(self, fresh_localgcp: LocalCloud) -> None:
        environment = os.environ | {"http_proxy": "http://127.0.0.1:1"}
        assert localgcp("status", "--state", str(fresh_localgcp.state_dir), env=environment).returncode == 0

    def test_status_does_not_ask_the_port_of_a_killed_server(self, fresh_localgcp: LocalCloud) -> None:
        fresh_localgcp.kill()
        left = fresh_localgcp.state_dir / "server.json"
        # The process number may be another program's by now.
        left.write_text(json.dumps(json.loads(left.read_text()) | {"pid": os.getpid()}))
        result = localgcp("status", "--state", str(fresh_localgcp.state_dir))
        assert (result.returncode, result.stdout) == (0, "No jobs.\n")


def _called(cloud: LocalCloud) -> bool:
    """Tell whether the server is still there to answer."""
    found = cloud.call("GET", "/localgcp/status")
    return bool(found.pop("now")) and found == {"jobs": [], "builds": [], "endpoints": []}


class TestWrongCalls:
    @pytest.fixture(autouse=True)
    def _state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("LOCALGCP_STATE_DIR", str(tmp_path / "state"))
        former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        yield
        for number, handler in former.items():
            signal.signal(number, handler)

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ([], "COMMAND"),
            (["explode"], "explode"),
            (["run"], "COMMAND"),
            (["run", "--"], "COMMAND"),
            (["serve", "--port", "many"], "--port"),
            (["serve", "--port", "65536"], "65535"),
            (["serve", "--colour"], "--colour"),
        ],
    )
    def test_wrong_arguments_exit_with_2(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert named in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            (["serve", "--bucket", "No_Such_Name"], "--bucket No_Such_Name"),
            (["run", "--bucket", "x", "--", "true"], "--bucket x"),
            (["status"], "state"),
        ],
    )
    def test_unusable_folder_or_port_exits_with_2_and_one_line(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
    ) -> None:
        assert main(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert named in line

    @pytest.mark.parametrize("command", [["serve"], ["status"], ["run", "--", "true"]])
    def test_folder_without_state_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
    ) -> None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "resources.sqlite").write_text("this is no database, whatever its name says" * 20)
        assert main(command) == 2
        assert str(tmp_path / "state") in capsys.readouterr().err.splitlines()[-1]

    def test_file_instead_of_a_state_folder_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "state").touch()
        assert main(["serve"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert str(tmp_path / "state") in line

    def test_status_creates_no_folder(self, tmp_path: Path) -> None:
        assert main(["status"]) == 2
        assert not (tmp_path / "state").exists()

    def test_used_port_leaves_no_server(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            arguments = ["serve", "--state", str(tmp_path), "--port", str(taken.getsockname()[1])]
            assert localgcp(*arguments).returncode == 2
        assert localgcp("run", "--state", str(tmp_path), *python("pass")).returncode == 0
