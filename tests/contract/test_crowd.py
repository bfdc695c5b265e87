"""Many clients at once, and what is left when the server has ended."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.training import job_spec, jobs_client, parent, wait_until

_CLIENTS = 64


def _objects(cloud: LocalCloud, number: int) -> None:
    bucket = storage.Client(project=cloud.project).bucket("crowd")
    blob = bucket.blob(f"{number}/a")
    blob.upload_from_string(str(number), retry=None)
    assert blob.download_as_bytes(retry=None) == str(number).encode()
    assert [item.name for item in bucket.list_blobs(prefix=f"{number}/", retry=None)] == [blob.name]
    blob.delete(retry=None)


def _tables(cloud: LocalCloud, number: int) -> None:
    client = bigquery.Client(project=cloud.project, credentials=AnonymousCredentials())
    client.query_and_wait(f"CREATE TABLE crowd.t{number} AS SELECT {number} AS x")
    client.query_and_wait(f"INSERT crowd.shared (x) VALUES ({number})")
    assert [row.x for row in client.query_and_wait(f"SELECT x FROM crowd.t{number}")] == [number]


def _jobs(cloud: LocalCloud, number: int) -> None:
    client = jobs_client(cloud)
    job = {"display_name": f"job-{number}", "job_spec": job_spec(["-c", ""], image="python:3.11", command=["python"])}
    name = client.create_custom_job(parent=parent(cloud), custom_job=job, retry=None).name
    client.cancel_custom_job(name=name, retry=None)
    assert client.get_custom_job(name=name, retry=None).display_name == f"job-{number}"


def test_many_clients_at_once_have_no_error(fresh_localgcp: LocalCloud) -> None:
    fresh_localgcp.hold_jobs()
    storage.Client(project=fresh_localgcp.project).create_bucket("crowd")
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    client.create_dataset("crowd")
    client.query_and_wait("CREATE TABLE crowd.shared (x INT64)")
    kinds: list[Callable[[LocalCloud, int], None]] = [_objects, _tables, _jobs]
    with ThreadPoolExecutor(_CLIENTS) as pool:
        for done in [pool.submit(kinds[number % 3], fresh_localgcp, number) for number in range(_CLIENTS)]:
            done.result()
    rows = client.query_and_wait("SELECT x FROM crowd.shared")
    assert sorted(row.x for row in rows) == [number for number in range(_CLIENTS) if number % 3 == 1]


def test_client_that_goes_away_half_way_leaves_nothing(fresh_localgcp: LocalCloud) -> None:
    storage.Client(project=fresh_localgcp.project).create_bucket("crowd")
    process = psutil.Process(fresh_localgcp.pid)
    before = (process.num_fds(), sorted(fresh_localgcp.state_dir.rglob("*")))
    for length in (1 << 22, 1 << 12):
        with closing(socket.create_connection(("127.0.0.1", fresh_localgcp.port))) as connection:
            head = f"Host: 127.0.0.1:{fresh_localgcp.port}\r\nContent-Length: {1 << 23}\r\n\r\n"
            connection.sendall(b"POST /upload/storage/v1/b/crowd/o?uploadType=media&name=a HTTP/1.1\r\n")
            connection.sendall(head.encode() + bytes(length))
    assert wait_until(process.num_fds, lambda found: found <= before[0])
    assert sorted(fresh_localgcp.state_dir.rglob("*")) == before[1]
    assert not storage.Client(project=fresh_localgcp.project).bucket("crowd").blob("a").exists()


def test_processes_end_with_the_server_and_the_next_one_can_start(fresh_localgcp: LocalCloud) -> None:
    client = jobs_client(fresh_localgcp)
    sleeps = job_spec(["-c", "import time; time.sleep(600)"], image="python:3.11", command=["python"])
    job: dict[str, Any] = {"display_name": "sleeper", "job_spec": sleeps}
    name = client.create_custom_job(parent=parent(fresh_localgcp), custom_job=job).name
    for is_kill in (False, False, True):
        wait_until(lambda: client.get_custom_job(name=name).state.name, lambda state: state == "JOB_STATE_RUNNING")
        children = wait_until(lambda: psutil.Process(fresh_localgcp.pid).children(recursive=True), bool)
        fresh_localgcp.restart(kill=is_kill)
        psutil.wait_procs(children, timeout=10)
        assert [child for child in children if child.is_running()] == []
