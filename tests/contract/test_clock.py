"""The clock that a test puts forward, as Google's clients see it."""

import json
import urllib.error
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.training import job_spec, jobs_client, parent, wait_until

_DAY_S = 86_400
_SLEEPS = ["-c", "import time; print('up', flush=True); time.sleep(600)"]


@pytest.fixture(scope="module")
def tables(localgcp: LocalCloud) -> bigquery.Client:
    client = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    client.create_dataset("clock")
    return client


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> storage.Bucket:
    return storage.Client(project=localgcp.project).create_bucket("clock")


def value(client: bigquery.Client, expression: str) -> Any:
    return next(iter(client.query_and_wait(f"SELECT {expression}")))[0]


def test_table_with_an_expiration_is_gone_after_it(localgcp: LocalCloud, tables: bigquery.Client) -> None:
    table = bigquery.Table(f"{localgcp.project}.clock.t", [bigquery.SchemaField("x", "INT64")])
    table.expires = localgcp.clock() + timedelta(days=30)
    tables.create_table(table)
    localgcp.advance_clock(30 * _DAY_S - 600)
    assert [item.table_id for item in tables.list_tables("clock")] == ["t"]
    localgcp.advance_clock(601)
    assert list(tables.list_tables("clock")) == []
    with pytest.raises(NotFound):
        tables.query_and_wait("SELECT * FROM clock.t")


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("CURRENT_TIMESTAMP()", lambda at: at),
        ("CURRENT_DATETIME()", lambda at: at.replace(tzinfo=None)),
        ("DATETIME(CURRENT_DATE(), CURRENT_TIME)", lambda at: at.replace(tzinfo=None)),
        ("DATETIME_ADD(CURRENT_DATETIME('Asia/Tokyo'), INTERVAL -9 HOUR)", lambda at: at.replace(tzinfo=None)),
        ("TIMESTAMP(CURRENT_DATETIME('Europe/Berlin'), 'Europe/Berlin')", lambda at: at),
        ("(SELECT MAX(t) FROM UNNEST([CURRENT_TIMESTAMP]) AS t)", lambda at: at),
    ],
)
def test_sql_follows_it(
    localgcp: LocalCloud, tables: bigquery.Client, expression: str, of: Callable[[datetime], datetime]
) -> None:
    before = localgcp.advance_clock(_DAY_S)
    assert of(before) <= value(tables, expression) <= of(localgcp.clock())


@pytest.mark.parametrize(("name", "kind"), [("DATE", "DATE"), ("TIME", "TIME"), ("DATETIME", "DATETIME")])
def test_current_values_have_their_types(tables: bigquery.Client, name: str, kind: str) -> None:
    found = tables.query_and_wait(f"SELECT CURRENT_{name}('America/New_York') AS there, CURRENT_{name}() AS here")
    assert [field.field_type for field in found.schema] == [kind, kind]


def test_time_is_the_same_throughout_a_statement(tables: bigquery.Client) -> None:
    assert value(tables, "CURRENT_TIMESTAMP() = (SELECT CURRENT_TIMESTAMP()) AND CURRENT_DATE() = CURRENT_DATE")


def test_view_shows_the_time_of_its_reading(localgcp: LocalCloud, tables: bigquery.Client) -> None:
    tables.query_and_wait("CREATE VIEW clock.v AS SELECT CURRENT_TIMESTAMP() AS at")
    later = localgcp.advance_clock(_DAY_S)
    assert next(iter(tables.query_and_wait("SELECT at FROM clock.v")))["at"] >= later


def test_jobs_and_tables_are_made_at_its_time(localgcp: LocalCloud, tables: bigquery.Client) -> None:
    before = localgcp.advance_clock(_DAY_S)
    job = tables.query("CREATE TABLE clock.made (x INT64)")
    job.result()
    for moment in (job.created, job.started, job.ended, tables.get_table("clock.made").created):
        assert before - timedelta(milliseconds=1) <= moment <= localgcp.clock()


def test_objects_are_made_at_its_time(localgcp: LocalCloud, bucket: storage.Bucket) -> None:
    before = localgcp.advance_clock(_DAY_S)
    blob = bucket.blob("a")
    blob.upload_from_string("text")
    assert before <= blob.time_created <= localgcp.clock()
    assert blob.generation >= before.timestamp() * 1e6


def test_resumable_upload_ends_after_a_week(localgcp: LocalCloud, bucket: storage.Bucket) -> None:
    address = bucket.blob("late").create_resumable_upload_session(size=3)
    localgcp.advance_clock(7 * _DAY_S - 60)
    assert requests.put(address, headers={"Content-Range": "bytes */3"}, timeout=10).status_code == 308
    localgcp.advance_clock(61)
    assert requests.put(address, b"abc", timeout=10).status_code == 404
    assert not bucket.blob("late").exists()


def sleeping_spec(timeout_s: int) -> dict[str, Any]:
    spec = job_spec(_SLEEPS, image="python:3.11-slim", command=["python"])
    return spec | {"scheduling": {"timeout": {"seconds": timeout_s}}}


def test_custom_job_runs_into_its_timeout(localgcp: LocalCloud) -> None:
    client = jobs_client(localgcp)
    job = {"display_name": "sleeper", "job_spec": sleeping_spec(6 * 3600)}
    name = client.create_custom_job(parent=parent(localgcp), custom_job=job).name
    wait_until(lambda: client.get_custom_job(name=name).state.name, lambda state: state == "JOB_STATE_RUNNING")
    localgcp.advance_clock(6 * 3600)
    ended = wait_until(lambda: client.get_custom_job(name=name), lambda found: bool(found.end_time))
    assert (ended.state.name, ended.error.code) == ("JOB_STATE_CANCELLED", 4)
    assert ended.end_time - ended.start_time >= timedelta(hours=6)


def test_it_is_kept_over_a_restart_and_forgotten_by_a_reset(fresh_localgcp: LocalCloud) -> None:
    moment = fresh_localgcp.advance_clock(365 * _DAY_S)
    fresh_localgcp.restart(kill=True)
    assert moment <= fresh_localgcp.clock() <= moment + timedelta(minutes=5)
    fresh_localgcp.reset()
    assert abs(fresh_localgcp.clock() - datetime.now(UTC)) < timedelta(minutes=5)


def test_it_is_set_to_a_later_time(localgcp: LocalCloud) -> None:
    wanted = localgcp.clock() + timedelta(days=1, microseconds=1)
    assert wanted <= localgcp.set_clock(wanted) <= wanted + timedelta(minutes=1)


def refusal(cloud: LocalCloud, verb: str, body: dict[str, Any] | None) -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.call(verb, "/localgcp/clock", body)
    with refused.value:
        return dict(json.load(refused.value)["error"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "advance or set"),
        ({"advance": "1s", "set": "2100-01-01T00:00:00Z"}, "advance or set"),
        ({"back": "1s"}, "advance or set, not back"),
        ({"advance": 3600}, "advance: expected a duration"),
        ({"advance": "1h"}, "advance: expected a duration"),
        ({"advance": "-1s"}, "advance: expected a duration"),
        ({"advance": "999999999999s"}, "advance: expected a time before the year 9999"),
        ({"set": "2001-01-01T00:00:00Z"}, "set: the clock does not go back"),
        ({"set": "2100-01-01T00:00:00"}, "set: expected a time in RFC 3339"),
        ({"set": "tomorrow"}, "set: expected a time in RFC 3339"),
        ({"set": 5}, "set: expected a time in RFC 3339"),
        ({"set": "9999-06-01T00:00:00Z"}, "set: expected a time before the year 9999"),
    ],
)
def test_wrong_request_is_refused_by_its_field(localgcp: LocalCloud, body: dict[str, Any], named: str) -> None:
    error = refusal(localgcp, "POST", body)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert named in error["message"]


def test_it_is_not_brought_back(localgcp: LocalCloud) -> None:
    error = refusal(localgcp, "DELETE", None)
    assert (error["code"], error["status"]) == (400, "FAILED_PRECONDITION")
    assert "/localgcp/reset" in error["message"]
