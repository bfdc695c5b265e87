"""What jobs print, read through the clients of Cloud Logging."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import logging
from google.cloud.aiplatform_v1 import JobServiceClient

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.discovery import Discovery
from tests.contract.training import ENDED, job_spec, jobs_client, parent, pool, tuning_job, wait_until

IMAGE = "python:3.11-slim"
TALKS = """
import json, sys
print("begin", flush=True)
print("warning: deep", file=sys.stderr, flush=True)
print(json.dumps({"severity": "WARNING", "message": "structured", "step": 3}), flush=True)
sys.exit("failed at last")
"""
REPORTS = """
import json, os, sys, time
print(sys.argv[1], flush=True)
with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w") as file:
    json.dump({"timestamp": time.time(), "global_step": "1", "score": "1"}, file)
"""


@pytest.fixture(scope="module")
def jobs(localgcp: LocalCloud) -> JobServiceClient:
    return jobs_client(localgcp)


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> logging.Client:
    return logging.Client(
        project=localgcp.project, credentials=AnonymousCredentials(), _use_grpc=False,
        client_options=localgcp.client_options,
    )  # fmt: skip


def run(jobs: JobServiceClient, cloud: LocalCloud, spec: dict[str, Any]) -> str:
    """Run a job to its end and return its id."""
    name = jobs.create_custom_job(parent=parent(cloud), custom_job={"display_name": "j", "job_spec": spec}).name
    wait_until(lambda: jobs.get_custom_job(name=name), lambda found: found.state.name in ENDED)
    return name.rpartition("/")[2]


@pytest.fixture(scope="module")
def talker(jobs: JobServiceClient, localgcp: LocalCloud) -> str:
    return run(jobs, localgcp, job_spec([], image=IMAGE, command=["python", "-c", TALKS]))


def of_job(job_id: str, more: str = "") -> str:
    return f'resource.type="ml_job" resource.labels.job_id="{job_id}" {more}'


def test_lines_are_entries_of_their_job(client: logging.Client, talker: str, localgcp: LocalCloud) -> None:
    found = list(client.list_entries(filter_=of_job(talker)))
    assert {(entry.resource.type, entry.resource.labels["task_name"]) for entry in found} == {
        ("ml_job", "workerpool0-0")
    }
    assert {entry.log_name for entry in found} == {f"projects/{localgcp.project}/logs/workerpool0-0"}
    assert sorted((entry.severity, str(entry.payload)) for entry in found if isinstance(entry.payload, str)) == [
        ("ERROR", "failed at last"), ("ERROR", "warning: deep"), ("INFO", "begin")
    ]  # fmt: skip
    times = [entry.timestamp for entry in found]
    assert times == sorted(times)


def test_line_of_json_is_structured_and_names_its_severity(client: logging.Client, talker: str) -> None:
    (found,) = client.list_entries(filter_=of_job(talker, "jsonPayload.step=3"))
    assert (found.severity, found.payload) == ("WARNING", {"message": "structured", "step": 3})


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("severity>=ERROR", 2), ("severity=INFO", 1), ('textPayload:"at last"', 1), ("deep", 1),
        ('timestamp>="2020-01-01T00:00:00Z"', 4), ('timestamp>="9000-01-01T00:00:00Z"', 0),
    ],
)  # fmt: skip
def test_filter_picks_entries(client: logging.Client, talker: str, more: str, count: int) -> None:
    assert len(list(client.list_entries(filter_=of_job(talker, more)))) == count


def test_pages_join_in_both_orders(client: logging.Client, talker: str) -> None:
    def read(order: str) -> list[str]:
        return [entry.insert_id for entry in client.list_entries(filter_=of_job(talker), order_by=order, page_size=3)]

    assert len(set(read(logging.ASCENDING))) == 4
    assert read(logging.DESCENDING) == read(logging.ASCENDING)[::-1]


def test_running_job_is_read_while_it_runs(
    client: logging.Client, jobs: JobServiceClient, localgcp: LocalCloud
) -> None:
    script = "import time; print('still here', flush=True); time.sleep(600)"
    spec = job_spec([], image=IMAGE, command=["python", "-c", script])
    job = jobs.create_custom_job(parent=parent(localgcp), custom_job={"display_name": "j", "job_spec": spec})
    job_id = job.name.rpartition("/")[2]
    found = wait_until(lambda: list(client.list_entries(filter_=of_job(job_id))), bool)
    assert [entry.payload for entry in found] == ["still here"]
    jobs.cancel_custom_job(name=job.name)


def test_each_replica_is_a_task(client: logging.Client, jobs: JobServiceClient, localgcp: LocalCloud) -> None:
    command = ["python", "-c", "import json, os; print(json.loads(os.environ['CLUSTER_SPEC'])['task']['type'])"]
    pools = [pool([], IMAGE, command=command), pool([], IMAGE, command=["sleep", "600"])]
    job_id = run(jobs, localgcp, {"worker_pool_specs": pools})
    found = list(client.list_entries(filter_=of_job(job_id, "resource.labels.task_name=workerpool0-0")))
    assert [entry.payload for entry in found] == ["workerpool0"]
    assert not list(client.list_entries(filter_=of_job(job_id, "resource.labels.task_name=workerpool1-0")))


def test_each_trial_has_its_id(client: logging.Client, jobs: JobServiceClient, localgcp: LocalCloud) -> None:
    spec = job_spec([], image=IMAGE, command=["python", "-c", REPORTS])
    job = jobs.create_hyperparameter_tuning_job(
        parent=parent(localgcp), hyperparameter_tuning_job=tuning_job([], max_trial_count=2, trial_job_spec=spec)
    )
    wait_until(lambda: jobs.get_hyperparameter_tuning_job(name=job.name), lambda found: found.state.name in ENDED)
    job_id = job.name.rpartition("/")[2]
    trials = [entry.labels["ml.googleapis.com/trial_id"] for entry in client.list_entries(filter_=of_job(job_id))]
    assert sorted(trials) == ["1", "2"]
    text = of_job(job_id, 'labels."ml.googleapis.com/trial_id"="2" textPayload:"--x="')
    assert len(list(client.list_entries(filter_=text))) == 1


def test_deleted_job_has_no_entries(client: logging.Client, jobs: JobServiceClient, localgcp: LocalCloud) -> None:
    job_id = run(jobs, localgcp, job_spec([], image=IMAGE, command=["echo", "gone"]))
    assert len(list(client.list_entries(filter_=of_job(job_id)))) == 1
    jobs.delete_custom_job(name=f"{parent(localgcp)}/customJobs/{job_id}").result(timeout=10)
    assert not list(client.list_entries(filter_=of_job(job_id)))


def test_other_project_has_no_entries(client: logging.Client, talker: str) -> None:
    assert not list(client.list_entries(resource_names=["projects/other"], filter_=of_job(talker)))


class TestWritten:
    def test_text_and_struct_are_read_back(self, client: logging.Client) -> None:
        logger = client.logger("mine")
        logger.log_text("hello", severity="NOTICE", labels={"run": "1"})
        logger.log_struct({"loss": 0.5}, insert_id="b")
        # The client's first write brings an entry of its own, about itself.
        text = 'log_id("mine") NOT jsonPayload."logging.googleapis.com/diagnostic":*'
        found = list(client.list_entries(filter_=text))
        assert [(entry.severity, entry.payload) for entry in found] == [("NOTICE", "hello"), ("DEFAULT", {"loss": 0.5})]
        assert (found[0].resource.type, found[0].labels) == ("global", {"run": "1"})

    def test_batch_shares_its_resource(self, client: logging.Client) -> None:
        batch = client.logger("batch").batch()
        resource = logging.Resource(type="ml_job", labels={"job_id": "mine", "project_id": "p", "task_name": "t"})
        for step in range(3):
            batch.log_struct({"step": step}, resource=resource)
        batch.commit()
        assert len(list(client.list_entries(filter_=of_job("mine", "jsonPayload.step>0")))) == 2

    def test_null_field_is_not_set(self, client: logging.Client) -> None:
        log, call = f"projects/{client.project}/logs/nulls", client._connection.api_request
        entry = {"textPayload": "x", "labels": None, "timestamp": None, "severity": None, "resource": None}
        call(method="POST", path="/entries:write", data={"logName": log, "labels": None, "entries": [entry]})
        query = {"filter": 'log_id("nulls")', "orderBy": None, "pageSize": None}
        found = call(
            method="POST", path="/entries:list", data={"resourceNames": [f"projects/{client.project}"], **query}
        )
        assert len(found["entries"]) == 1

    def test_deleted_log_is_gone(self, client: logging.Client) -> None:
        logger = client.logger("deleted")
        logger.log_text("x")
        assert len(list(logger.list_entries())) == 1
        logger.delete()
        assert not list(logger.list_entries())
        with pytest.raises(NotFound):
            logger.delete()

    def test_logs_are_listed(self, client: logging.Client, talker: str, discovery: Discovery) -> None:
        client.logger("listed").log_text("x")
        project = f"projects/{client.project}"
        found = discovery("logging", "v2").projects().logs().list(parent=project).execute()["logNames"]
        assert {f"{project}/logs/listed", f"{project}/logs/workerpool0-0"} <= set(found)


@pytest.mark.parametrize(
    ("query", "error", "named"),
    [
        ({"filter_": "colour=red"}, BadRequest, "colour is not a field"),
        ({"order_by": "severity asc"}, BadRequest, "order_by"),
        ({"resource_names": ["nobody"]}, BadRequest, "resource_names"),
        ({"resource_names": [None]}, BadRequest, "resourceNames"),
        ({"resource_names": ["folders/1"]}, MethodNotImplemented, "folders/1"),
        ({"page_size": -1}, BadRequest, "page_size"),
    ],
)
def test_wrong_request_is_refused(
    client: logging.Client, query: dict[str, Any], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        list(client.list_entries(**query))
