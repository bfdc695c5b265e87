"""`make ui` is interrupted while a run waits for its job: it leaves no process, and the next start names the run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1

from local import ui
from local.airflow_api import AirflowApi
from tests.e2e.airflow_runs import ROOT, Airflow
from tests.e2e.scheduled_runs import ScheduledAirflow, ScheduledRuns, free_port
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

_DAG_ID = "covertype_xgboost"
_RUN_ID = "interrupted"
_CONF = {"preset": "quick", "cover_types": [4], "trials": 80, "parallel_trials": 1}


@dataclass(frozen=True)
class Interrupted:
    """The result of an interruption.

    Attributes:
        code: the exit code.
        output: the terminal's lines.
        left: the processes that still run.
    """

    code: int
    output: str
    left: list[str]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud that has not been started."""
    server = LocalCloud(tmp_path_factory.mktemp("cloud") / "state")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def own_airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow(tmp_path_factory.mktemp("ui"))


@pytest.fixture(scope="module")
def interrupted(cloud: LocalCloud, own_airflow: Airflow, data_dir: Path) -> Interrupted:
    home, port = own_airflow.home, free_port()
    environment = own_airflow.environment(cloud, data_dir)
    own_airflow.migrate(environment)
    command = [
        sys.executable, "-m", "localgcp", "run", "--state", str(cloud.state_dir), "--project", cloud.project,
        "--bucket", f"{cloud.project}-timberline", "--",
        sys.executable, "-m", "local.ui", "--port", str(port), "--home", str(home), "--logs", str(home / "logs" / "ui"),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    try:
        said = _output_until("Ctrl-C stops", process)
        runs = ScheduledRuns(
            AirflowApi(f"http://127.0.0.1:{port}", ui.USER, ui.password_in(home / ui.PASSWORD_FILE)), _DAG_ID
        )
        runs.trigger(_RUN_ID, _CONF)
        runs.wait_for_states(_RUN_ID, "wait_tune", "deferred")
        tree = psutil.Process(process.pid).children(recursive=True)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=90)
    left = [str(one) for one in tree if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    return Interrupted(process.returncode, said + rest, left)


@pytest.fixture(scope="module")
def restarted(
    interrupted: Interrupted, cloud: LocalCloud, own_airflow: Airflow, data_dir: Path
) -> Iterator[tuple[ScheduledAirflow, list[str]]]:
    """The cloud and Airflow, started again, and the lines that `make ui` prints then."""
    cloud.start()
    again = ScheduledAirflow(own_airflow, cloud, data_dir, _DAG_ID)
    yield again, again.start()
    again.components.stop()


def _output_until(end: str, process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if end in line:
            return said
    raise AssertionError(said)


def test_ctrl_c_exits_130_and_leaves_no_process(interrupted: Interrupted) -> None:
    assert interrupted.code == 130
    assert interrupted.left == []


def test_terminal_shows_address_login_and_logs_and_no_error(interrupted: Interrupted) -> None:
    words = [line.split()[0] for line in interrupted.output.splitlines() if line]
    assert [word if "://" not in word else "URL" for word in words] == [
        "Starting", "URL", "login", "logs", "Ctrl-C", "Stopping",
    ]  # fmt: skip


def test_ctrl_c_cancels_the_job_that_a_run_waits_for(
    cloud: LocalCloud, restarted: tuple[ScheduledAirflow, list[str]]
) -> None:
    client = aiplatform_v1.JobServiceClient(
        transport="rest", client_options={"api_endpoint": cloud.base_url}, credentials=AnonymousCredentials()
    )
    parent = f"projects/{cloud.project}/locations/europe-west1"
    (job,) = client.list_hyperparameter_tuning_jobs(request={"parent": parent})
    assert job.state.name == "JOB_STATE_CANCELLED"


def test_run_that_was_interrupted_is_marked_as_failed_at_the_next_start(
    restarted: tuple[ScheduledAirflow, list[str]],
) -> None:
    again, lines = restarted
    assert lines == [f"Interrupted earlier, now marked as failed: {_DAG_ID} {_RUN_ID}"]
    assert again.wait_for_end(_RUN_ID) == "failed"
