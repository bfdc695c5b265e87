"""The main DAG under the scheduler and the triggerer: killed processes and stopped tasks cause no second job."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1, storage

from tests.e2e.airflow_runs import Airflow
from tests.e2e.scheduled_runs import ScheduledAirflow
from tests.local_cloud import LocalCloud
from timberline.run.identity import run_key

pytestmark = pytest.mark.slow

_DAG_ID = "covertype_xgboost"
_CREATE = "aiplatform.projects.locations.hyperparameterTuningJobs.create"
_LIST = "aiplatform.projects.locations.hyperparameterTuningJobs.list"
# The task that stalls is killed before this time has passed.
_STALL_S = 60
# Enough trials for the test to see the job before it ends.
_CONF = {"preset": "quick", "cover_types": [4], "trials": 6}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud with the bucket that the pipeline writes to."""
    server = LocalCloud(tmp_path_factory.mktemp("cloud") / "state")
    server.start()
    credentials, options = AnonymousCredentials(), {"api_endpoint": server.base_url}
    client = storage.Client(project=server.project, credentials=credentials, client_options=options)
    client.create_bucket(f"{server.project}-timberline")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def scheduled(
    cloud: LocalCloud, data_dir: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ScheduledAirflow]:
    everything = ScheduledAirflow(Airflow(tmp_path_factory.mktemp("scheduled")), cloud, data_dir, _DAG_ID)
    everything.start()
    yield everything
    everything.components.stop()


@pytest.fixture(scope="module")
def killed_submission(cloud: LocalCloud, scheduled: ScheduledAirflow) -> str:
    """A run of two cover types; the process of one submission was killed after the service had created the job."""
    fault = cloud.add_fault(_CREATE, "stall", appliesFirst=True, seconds=_STALL_S)
    run_id = scheduled.trigger("killed_submission", {"preset": "quick", "cover_types": [1, 2], "trials": 2})
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
    run_id = scheduled.trigger("stopped_wait", _CONF)
    _keep_running(cloud, scheduled, run_id)
    _wait_until_watched(cloud, scheduled, run_id)
    scheduled.mark_failed(run_id, "wait_tune")
    return run_id


@pytest.fixture(scope="module")
def lost_triggerers(cloud: LocalCloud, scheduled: ScheduledAirflow, killed_submission: str) -> str:
    """A run that lost its triggerer twice while it waited; it has ended."""
    run_id = scheduled.trigger("lost_triggerers", _CONF)
    job = _keep_running(cloud, scheduled, run_id)
    for number in (signal.SIGTERM, signal.SIGKILL):
        _wait_until_watched(cloud, scheduled, run_id)
        scheduled.restart_triggerer(number)
    _wait_until_watched(cloud, scheduled, run_id)
    cloud.release(job)
    scheduled.wait_for_end(run_id)
    return run_id


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
    return [job for job in found if job.labels["timberline-run"] == run_key(_DAG_ID, run_id)]


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
    assert len(job.trials) == _CONF["trials"]
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
