"""Endless queries: cancelled ones free their threads, and no server waits for them for ever."""

import os
import time
from concurrent.futures import TimeoutError as NoAnswer

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from localgcp.testing.local_cloud import LocalCloud

_MANY = "UNNEST(GENERATE_ARRAY(1, 100000))"
_ENDLESS = f"SELECT COUNT(*) FROM {_MANY} AS a, {_MANY} AS b, {_MANY} AS c WHERE a * b * c = 7"
# One call of one function that runs for hours and ignores interrupts.
_UNINTERRUPTIBLE = "SELECT EDIT_DISTANCE(REPEAT('a', 100000), REPEAT('b', 100000))"
_MORE_THAN_THREADS = max(2, os.cpu_count() or 1) + 1
_A_FEW_SECONDS = 20  # on a busy machine


@pytest.fixture
def client(fresh_localgcp: LocalCloud) -> bigquery.Client:
    return bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())


def _table(client: bigquery.Client) -> None:
    client.create_dataset("data")
    client.query_and_wait("CREATE TABLE data.t AS SELECT 1 AS x")


def _running(client: bigquery.Client, sql: str) -> bigquery.QueryJob:
    job = client.query(sql)
    with pytest.raises(NoAnswer):
        job.result(timeout=0.5)
    assert job.state == "RUNNING"
    return job


@pytest.mark.parametrize(
    ("how", "sql"),
    [
        ("cancelled", _ENDLESS),
        ("cancelled", f"CREATE TABLE data.u AS {_ENDLESS}"),
        ("timed out", f"SELECT 1; {_ENDLESS}"),
    ],
    ids=["query", "ctas", "script"],
)
def test_cancelled_query_frees_its_thread(client: bigquery.Client, how: str, sql: str) -> None:
    client.create_dataset("data")
    settings = bigquery.QueryJobConfig(job_timeout_ms=None if how == "cancelled" else 300)
    jobs = [client.query(sql, job_config=settings) for _ in range(_MORE_THAN_THREADS)]
    if how == "cancelled":
        for job in jobs:
            job.cancel()
    assert [tuple(row) for row in client.query("SELECT 1").result(timeout=_A_FEW_SECONDS)] == [(1,)]


def test_server_ends_while_a_query_runs(client: bigquery.Client, fresh_localgcp: LocalCloud) -> None:
    _table(client)
    job = _running(client, _UNINTERRUPTIBLE)
    began = time.monotonic()
    fresh_localgcp.stop()
    assert time.monotonic() - began < _A_FEW_SECONDS
    fresh_localgcp.start()
    assert client.get_job(job.job_id).error_result["reason"] == "backendError"
    assert [tuple(row) for row in client.query_and_wait("SELECT x FROM data.t")] == [(1,)]


def test_tables_made_after_a_reset_outlive_a_query_from_before_it(
    client: bigquery.Client, fresh_localgcp: LocalCloud
) -> None:
    _running(client, _UNINTERRUPTIBLE)
    fresh_localgcp.reset()
    _table(client)
    fresh_localgcp.restart()
    assert [tuple(row) for row in client.query_and_wait("SELECT x FROM data.t")] == [(1,)]
