"""Runs under Airflow's scheduler and triggerer: killed processes and stopped tasks cause no second job.

First `make ui` is interrupted while a run waits for its job: it leaves no process, and the next start names the run.
That next start has the other runs too.

The tests take more than a minute: Airflow's four processes start twice, and each task is a process of Airflow's.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1

from local import ui
from local.airflow_api import AirflowApi
from tests.e2e.airflow_runs import Airflow
from tests.e2e.scheduled_runs import ScheduledAirflow, ScheduledRuns, free_port
from tests.forks import ROOT
from tests.local_cloud import LocalCloud
from tests.tiny_project import make_project
from timberline.run.identity import run_key

pytestmark = pytest.mark.slow

_TINY = "tiny_waits"
_WHOLE = "covertype_xgboost"
_FOLDER = Path(__file__).parent
_CREATE = "aiplatform.projects.locations.hyperparameterTuningJobs.create"
_LIST = "aiplatform.projects.locations.hyperparameterTuningJobs.list"
# The task that stalls is killed before this time has passed.
_STALL_S = 60
# Enough for a test to see the job and to hold it before its last trial has ended.
_TRIALS = 20


@dataclass(frozen=True)
class Place:
    """Where Airflow is, and what its processes are given."""

    home: Path
    environment: dict[str, str]


@dataclass(frozen=True)
class Interrupted:
    """The result of an interruption.

    Attributes:
        run_id: the run that was under way.
        code: the exit code.
        output: the terminal's lines.
        left: the processes that still run.
    """

    run_id: str
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
def place(cloud: LocalCloud, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An Airflow with two DAGs: the whole main pipeline, and the part of one that waits."""
    airflow = Airflow(tmp_path_factory.mktemp("scheduled"))
    dags = airflow.home / "dags"
    dags.mkdir()
    for path in (ROOT / "dags" / f"{_WHOLE}.py", _FOLDER / "dags" / f"{_TINY}.py"):
        shutil.copy(path, dags)
    environment = airflow.environment(cloud, data_dir) | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "local"), str(_FOLDER / "scheduler_imports")]),
        "TIMBERLINE_INCLUDE_DIR": str(make_project(airflow.home)),
    }
    airflow.migrate(environment)
    return Place(airflow.home, environment)


@pytest.fixture(scope="module")
def interrupted(cloud: LocalCloud, place: Place) -> Interrupted:
    """Airflow as `make ui` starts it, interrupted while a run waits for its job."""
    home, port = place.home, free_port()
    command = [
        sys.executable, "-m", "localgcp", "run", "--state", str(cloud.state_dir), "--project", cloud.project,
        "--bucket", f"{cloud.project}-timberline", "--",
        sys.executable, "-m", "local.ui", "--port", str(port), "--home", str(home), "--logs", str(home / "logs" / "ui"),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    try:
        said = _output_until("Ctrl-C stops", process)
        runs = ScheduledRuns(AirflowApi(f"http://127.0.0.1:{port}", ui.USER, ui.password_in(home / ui.PASSWORD_FILE)))
        run_id = runs.trigger(_TINY, "interrupted", {"preset": "hanging"})
        runs.wait_for_states(run_id, "wait_tune", "deferred")
        tree = psutil.Process(process.pid).children(recursive=True)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=90)
    left = [str(one) for one in tree if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    return Interrupted(run_id, process.returncode, said + rest, left)


@pytest.fixture(scope="module")
def restarted(
    interrupted: Interrupted, cloud: LocalCloud, place: Place
) -> Iterator[tuple[ScheduledAirflow, list[str]]]:
    """The cloud and Airflow, started again, and the lines that `make ui` prints then."""
    cloud.start()
    again = ScheduledAirflow(place.home, place.environment | cloud.environment)
    yield again, again.start()
    again.components.stop()


@pytest.fixture(scope="module")
def scheduled(restarted: tuple[ScheduledAirflow, list[str]]) -> ScheduledAirflow:
    return restarted[0]


@pytest.fixture(scope="module")
def killed_submission(cloud: LocalCloud, scheduled: ScheduledAirflow) -> str:
    """A run of two cover types; the process of one submission was killed after the service had created the job."""
    fault = cloud.add_fault(_CREATE, "stall", appliesFirst=True, seconds=_STALL_S)
    conf = {"preset": "quick", "cover_types": [1, 2], "trials": 1}
    run_id = scheduled.trigger(_WHOLE, "killed_submission", conf)
    tasks = scheduled.wait_for_states(run_id, "tune", "running", "success")
    assert cloud.fault_is_consumed(fault)
    (stalled,) = [task for task in tasks if task["state"] == "running"]
    os.kill(stalled["pid"], signal.SIGKILL)
    scheduled.wait_for_states(run_id, "tune", "up_for_retry", "success")
    return run_id


# The two runs below start while the run above waits for its second try.


@pytest.fixture(scope="module")
def stopped_wait(cloud: LocalCloud, scheduled: ScheduledAirflow, killed_submission: str) -> str:
    """A run with a deferred wait that a person marked as failed."""
    run_id = scheduled.trigger(_TINY, "stopped_wait", {"trials": _TRIALS})
    _keep_running(cloud, scheduled, run_id)
    _wait_until_watched(cloud, scheduled, run_id)
    scheduled.mark_failed(run_id, "wait_tune")
    return run_id


@pytest.fixture(scope="module")
def lost_triggerers(cloud: LocalCloud, scheduled: ScheduledAirflow, killed_submission: str) -> str:
    """A run that lost its triggerer twice while it waited; it has ended."""
    run_id = scheduled.trigger(_TINY, "lost_triggerers", {"trials": _TRIALS})
    job = _keep_running(cloud, scheduled, run_id)
    for number in (signal.SIGTERM, signal.SIGKILL):
        _wait_until_watched(cloud, scheduled, run_id)
        scheduled.restart_triggerer(number)
    _wait_until_watched(cloud, scheduled, run_id)
    cloud.release(job)
    scheduled.wait_for_end(run_id)
    return run_id


def _output_until(end: str, process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if end in line:
            return said
    raise AssertionError(said)


def _keep_running(cloud: LocalCloud, scheduled: ScheduledAirflow, run_id: str) -> str:
    """Hold the run's tuning job in the state RUNNING, without work, until it is released; return its name."""
    scheduled.wait(lambda: bool(_jobs(cloud, run_id)), run_id)
    (job,) = _jobs(cloud, run_id)
    cloud.set_state(job.name, "JOB_STATE_RUNNING")
    return str(job.name)


def _wait_until_watched(cloud: LocalCloud, scheduled: ScheduledAirflow, run_id: str) -> None:
    """Wait until the triggerer has listed the jobs of the run."""
    scheduled.wait_for_states(run_id, "wait_tune", "deferred")
    looks = len(cloud.requests(_LIST))
    scheduled.wait(lambda: len(cloud.requests(_LIST)) > looks, run_id)


def _jobs(cloud: LocalCloud, run_id: str) -> list[aiplatform_v1.HyperparameterTuningJob]:
    client = aiplatform_v1.JobServiceClient(
        transport="rest", client_options={"api_endpoint": cloud.base_url}, credentials=AnonymousCredentials()
    )
    parent = f"projects/{cloud.project}/locations/europe-west1"
    found = client.list_hyperparameter_tuning_jobs(request={"parent": parent})
    key = run_key(run_id.partition(":")[0], run_id)
    return [job for job in found if job.labels["timberline-run"] == key]


def test_ctrl_c_exits_130_and_leaves_no_process(interrupted: Interrupted) -> None:
    assert interrupted.code == 130
    assert interrupted.left == []


def test_terminal_shows_address_login_and_logs_and_no_error(interrupted: Interrupted) -> None:
    words = [line.split()[0] for line in interrupted.output.splitlines() if line]
    assert [word if "://" not in word else "URL" for word in words] == [
        "Starting", "URL", "login", "logs", "Ctrl-C", "Stopping",
    ]  # fmt: skip


def test_ctrl_c_cancels_the_job_that_a_run_waits_for(
    cloud: LocalCloud, interrupted: Interrupted, scheduled: ScheduledAirflow
) -> None:
    (job,) = _jobs(cloud, interrupted.run_id)
    assert job.state.name == "JOB_STATE_CANCELLED"


def test_run_that_was_interrupted_is_marked_as_failed_at_the_next_start(
    interrupted: Interrupted, restarted: tuple[ScheduledAirflow, list[str]]
) -> None:
    again, lines = restarted
    assert lines == [f"Interrupted earlier, now marked as failed: {_TINY} {interrupted.run_id}"]
    assert again.wait_for_end(interrupted.run_id) == "failed"


def test_wait_that_a_person_marks_failed_cancels_its_job(
    cloud: LocalCloud, scheduled: ScheduledAirflow, stopped_wait: str
) -> None:
    deadline_s = time.monotonic() + 60
    while (state := _jobs(cloud, stopped_wait)[0].state.name) == "JOB_STATE_RUNNING" and time.monotonic() < deadline_s:
        time.sleep(0.2)
    assert state == "JOB_STATE_CANCELLED"
    assert scheduled.wait_for_end(stopped_wait) == "failed"


def test_jobs_outlive_the_triggerers_that_watched_them(
    cloud: LocalCloud, scheduled: ScheduledAirflow, lost_triggerers: str
) -> None:
    (job,) = _jobs(cloud, lost_triggerers)
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    assert len(job.trials) == _TRIALS
    assert scheduled.run_state(lost_triggerers) == "success"


def test_submission_that_is_killed_is_tried_again_and_creates_no_second_job(
    cloud: LocalCloud, scheduled: ScheduledAirflow, killed_submission: str
) -> None:
    assert scheduled.wait_for_end(killed_submission) == "success"
    assert sorted(task["try_number"] for task in scheduled.tasks(killed_submission, "tune")) == [1, 2]
    assert sorted(job.labels["timberline-segment"] for job in _jobs(cloud, killed_submission)) == ["1", "2"]


def test_mapped_tasks_have_the_names_of_their_segments(scheduled: ScheduledAirflow, killed_submission: str) -> None:
    scheduled.wait_for_end(killed_submission)
    names = [task["rendered_map_index"] for task in scheduled.tasks(killed_submission, "tune")]
    assert names == ["cover type 1", "cover type 2"]
