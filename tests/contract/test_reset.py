"""Forgetting everything while the server goes on."""

import http.client
import urllib.error
from contextlib import closing
from typing import Any

import psutil
import pytest
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.training import job_spec, jobs_client, parent, upload, wait_until

SLEEPS = ["-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]


@pytest.fixture
def tables() -> bigquery.Client:
    return bigquery.Client(project="test-project", credentials=AnonymousCredentials())


def sleeping_job(cloud: LocalCloud) -> tuple[str, int]:
    """Start a job that sleeps, and return its name and its process."""
    spec = job_spec(SLEEPS, image="python:3.11-slim", command=["python"])
    job: dict[str, Any] = {"display_name": "sleeper", "job_spec": spec}
    name = jobs_client(cloud).create_custom_job(parent=parent(cloud), custom_job=job).name
    log = cloud.state_dir / "vertex" / name.rpartition("/")[2] / "workerpool0-0.log"
    return name, int(wait_until(lambda: log.read_text() if log.exists() else "", lambda text: text.endswith("\n")))


def test_objects_tables_jobs_and_their_processes_are_gone(fresh_localgcp: LocalCloud, tables: bigquery.Client) -> None:
    upload(fresh_localgcp, "object", b"data")
    tables.create_dataset("data")
    name, pid = sleeping_job(fresh_localgcp)
    fresh_localgcp.reset()
    assert not psutil.pid_exists(pid)
    assert list(storage.Client(project=fresh_localgcp.project).list_buckets()) == []
    assert list(tables.list_datasets()) == []
    with pytest.raises(NotFound):
        jobs_client(fresh_localgcp).get_custom_job(name=name)


def test_same_names_can_be_used_again(fresh_localgcp: LocalCloud, tables: bigquery.Client) -> None:
    for _ in range(2):
        upload(fresh_localgcp, "object", b"data")
        tables.create_dataset("data")
        assert [row[0] for row in tables.query_and_wait("SELECT 1")] == [1]
        sleeping_job(fresh_localgcp)
        fresh_localgcp.reset()


def test_faults_and_requests_are_forgotten(fresh_localgcp: LocalCloud) -> None:
    fault = fresh_localgcp.add_fault("storage.buckets.insert", "error")
    upload_bucket = storage.Client(project=fresh_localgcp.project).bucket("none")
    assert not upload_bucket.exists()
    fresh_localgcp.reset()
    assert fresh_localgcp.requests() == []
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fresh_localgcp.fault_is_consumed(fault)


def test_process_and_port_stay(fresh_localgcp: LocalCloud) -> None:
    before = (fresh_localgcp.pid, fresh_localgcp.port)
    fresh_localgcp.reset()
    assert fresh_localgcp.call("GET", "/localgcp/status")["jobs"] == []
    assert (fresh_localgcp.pid, fresh_localgcp.port) == before


def test_a_kill_right_after_it_leaves_an_empty_state(fresh_localgcp: LocalCloud) -> None:
    upload(fresh_localgcp, "object", b"data")
    fresh_localgcp.reset()
    fresh_localgcp.restart(kill=True)
    assert list(storage.Client(project=fresh_localgcp.project).list_buckets()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost", "Origin": "http://localhost"},
        {"Host": "localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_cannot_ask_for_it(localgcp: LocalCloud, headers: dict[str, str]) -> None:
    upload(localgcp, "object", b"data")
    with closing(http.client.HTTPConnection("127.0.0.1", localgcp.port)) as connection:
        connection.request("POST", "/localgcp/reset", headers=headers)
        assert connection.getresponse().status == 403
    assert storage.Client(project=localgcp.project).bucket("sources").exists()
