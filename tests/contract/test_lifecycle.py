"""Jobs in any state on request, as the official client sees them."""

import http.client
import json
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psutil
import pytest
from google.cloud.aiplatform_v1 import JobServiceClient, JobState

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.serving import upload_model
from tests.contract.training import job_spec, jobs_client, parent, tuning_job, wait_until

STATES = [state.name for state in JobState]
FINAL = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"]
_SLEEPS = ["-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> JobServiceClient:
    return jobs_client(localgcp)


@pytest.fixture
def held(localgcp: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud while it holds new jobs."""
    localgcp.hold_jobs()
    yield localgcp
    for job in jobs_client(localgcp).list_custom_jobs(parent=parent(localgcp)):
        jobs_client(localgcp).cancel_custom_job(name=job.name)
    localgcp.release()


def create(client: JobServiceClient, cloud: LocalCloud, args: list[str]) -> str:
    job: dict[str, Any] = {
        "display_name": "job",
        "job_spec": job_spec(args, image="python:3.11-slim", command=["python"]),
    }
    return client.create_custom_job(parent=parent(cloud), custom_job=job).name


def state(client: JobServiceClient, name: str) -> str:
    return client.get_custom_job(name=name).state.name


def ends(client: JobServiceClient, name: str) -> str:
    return wait_until(lambda: state(client, name), lambda found: found.removeprefix("JOB_STATE_") in FINAL)


def running(client: JobServiceClient, cloud: LocalCloud) -> tuple[str, int]:
    """Start a job that sleeps, and return its name and its process."""
    name = create(client, cloud, _SLEEPS)
    log = cloud.state_dir / "vertex" / name.rpartition("/")[2] / "workerpool0-0.log"
    return name, int(wait_until(lambda: log.read_text() if log.exists() else "", lambda text: text.endswith("\n")))


@pytest.mark.parametrize("wanted", STATES)
def test_custom_job_is_in_the_state_that_was_asked_for(held: LocalCloud, client: JobServiceClient, wanted: str) -> None:
    name = create(client, held, ["-c", ""])
    held.set_state(name, wanted)
    assert state(client, name) == wanted
    assert bool(client.get_custom_job(name=name).end_time) == (wanted.removeprefix("JOB_STATE_") in FINAL)


@pytest.mark.parametrize("wanted", STATES)
def test_tuning_job_is_in_the_state_that_was_asked_for(held: LocalCloud, client: JobServiceClient, wanted: str) -> None:
    job = client.create_hyperparameter_tuning_job(parent=parent(held), hyperparameter_tuning_job=tuning_job(["--x=1"]))
    held.set_state(job.name, wanted)
    assert client.get_hyperparameter_tuning_job(name=job.name).state.name == wanted


@pytest.mark.parametrize("wanted", STATES)
def test_batch_job_is_in_the_state_that_was_asked_for(held: LocalCloud, client: JobServiceClient, wanted: str) -> None:
    job = {
        "display_name": "batch", "model": upload_model(held, "model"),
        "input_config": {"instances_format": "jsonl", "gcs_source": {"uris": ["gs://sources/none.jsonl"]}},
        "output_config": {"predictions_format": "jsonl", "gcs_destination": {"output_uri_prefix": "gs://sources/o"}},
        "dedicated_resources": {"machine_spec": {"machine_type": "n1-standard-2"}, "starting_replica_count": 1},
    }  # fmt: skip
    name = client.create_batch_prediction_job(parent=parent(held), batch_prediction_job=job).name
    held.set_state(name, wanted)
    assert client.get_batch_prediction_job(name=name).state.name == wanted


@pytest.mark.parametrize("wanted", ["JOB_STATE_SUCCEEDED", "JOB_STATE_EXPIRED", "JOB_STATE_PAUSED"])
def test_processes_are_gone_with_the_answer(localgcp: LocalCloud, client: JobServiceClient, wanted: str) -> None:
    name, pid = running(client, localgcp)
    localgcp.set_state(name, wanted)
    assert not psutil.pid_exists(pid)
    assert state(client, name) == wanted


def test_job_that_is_released_runs(held: LocalCloud, client: JobServiceClient) -> None:
    name = create(client, held, ["-c", ""])
    held.set_state(name, "JOB_STATE_PAUSED")
    held.release(name)
    assert ends(client, name) == "JOB_STATE_SUCCEEDED"


@pytest.mark.parametrize("where", ["JOB_STATE_QUEUED", "JOB_STATE_PENDING"])
def test_new_jobs_wait_until_all_are_released(held: LocalCloud, client: JobServiceClient, where: str) -> None:
    held.hold_jobs(where)
    name = create(client, held, ["-c", ""])
    assert state(client, name) == where
    held.release()
    assert ends(client, name) == "JOB_STATE_SUCCEEDED"
    assert ends(client, create(client, held, ["-c", ""])) == "JOB_STATE_SUCCEEDED"


@pytest.mark.parametrize("where", ["JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_PAUSED"])
def test_held_job_can_be_cancelled(held: LocalCloud, client: JobServiceClient, where: str) -> None:
    name = create(client, held, ["-c", ""])
    held.set_state(name, where)
    client.cancel_custom_job(name=name)
    assert ends(client, name) == "JOB_STATE_CANCELLED"


def test_hold_outlives_a_kill(fresh_localgcp: LocalCloud) -> None:
    client = jobs_client(fresh_localgcp)
    name, _ = running(client, fresh_localgcp)
    fresh_localgcp.set_state(name, "JOB_STATE_PAUSED")
    fresh_localgcp.restart(kill=True)
    assert state(client, name) == "JOB_STATE_PAUSED"
    assert fresh_localgcp.call("GET", "/localgcp/lifecycle") == {"jobs": [name]}


def test_failure_says_what_was_asked_for(held: LocalCloud, client: JobServiceClient) -> None:
    name = create(client, held, ["-c", ""])
    held.set_state(name, "JOB_STATE_FAILED", error={"code": 8, "message": "no quota"})
    found = client.get_custom_job(name=name).error
    assert (found.code, found.message) == (8, "no quota")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "projects/p/locations/l/customJobs/1", "state": "PAUSED"},
        {"name": "projects/p/locations/l/endpoints/1", "state": "JOB_STATE_PAUSED"},
        {"hold": "JOB_STATE_RUNNING"},
        {"states": "JOB_STATE_RUNNING"},
    ],
)
def test_request_that_is_not_well_formed_is_refused(localgcp: LocalCloud, body: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        localgcp.call("POST", "/localgcp/lifecycle", body)


def test_job_that_has_ended_stays_as_it_is(held: LocalCloud, client: JobServiceClient) -> None:
    name = create(client, held, ["-c", ""])
    held.set_state(name, "JOB_STATE_SUCCEEDED")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        held.set_state(name, "JOB_STATE_RUNNING")
    assert state(client, name) == "JOB_STATE_SUCCEEDED"


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "e.x"}])
def test_web_pages_cannot_ask_for_it(localgcp: LocalCloud, verb: str, headers: dict[str, str]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", localgcp.port)) as connection:
        connection.request(verb, "/localgcp/lifecycle", json.dumps({"hold": "JOB_STATE_QUEUED"}), headers)
        assert connection.getresponse().status == 403
    assert "hold" not in localgcp.call("GET", "/localgcp/lifecycle")
