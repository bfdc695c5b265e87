"""A BigQuery job runs once per id, whatever an earlier try left behind."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.bigquery import BigQueryHook, Query
from timberline.hooks.bigquery_jobs import ensured_result
from timberline.run.errors import QueryFailed, ServiceUnavailable


@dataclass
class _Job:
    """A finished job: `error_result` and `outcome` say how it ended."""

    outcome: Any
    error_result: dict[str, str] | None = None
    job_type: str = "load"

    def result(self, timeout: float) -> Any:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@dataclass
class _Client:
    """The jobs that exist, and those that a new attempt becomes."""

    existing: dict[str, _Job] = field(default_factory=dict)
    new: list[_Job] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def get_job(self, job_id: str, timeout: float) -> _Job:
        return self.existing[job_id]

    def start(self, job_id: str) -> _Job:
        if job_id in self.existing:
            raise Conflict("exists")
        self.started.append(job_id)
        return self.new.pop(0)


def _failed(reason: str) -> _Job:
    return _Job(BadRequest("bad"), error_result={"reason": reason})


def _ensured(client: Any, *, still_there: bool = True) -> Any:
    return ensured_result(client, "id", client.start, lambda: still_there)


def test_a_new_job_has_the_id_itself() -> None:
    client = _Client(new=[_Job("done")])
    assert _ensured(client) == "done"
    assert client.started == ["id"]


def test_the_rows_of_a_query_are_a_list() -> None:
    assert _ensured(_Client(new=[_Job(iter([1, 2]), job_type="query")])) == [1, 2]


def test_the_job_of_an_earlier_try_is_not_run_again() -> None:
    client = _Client(existing={"id": _Job("done")})
    assert _ensured(client) == "done"
    assert client.started == []


def test_a_job_whose_result_was_deleted_is_run_again() -> None:
    client = _Client(existing={"id": _Job("old")}, new=[_Job("new")])
    assert _ensured(client, still_there=False) == "new"
    assert client.started == ["id_2"]


def test_a_query_whose_rows_have_expired_is_run_again() -> None:
    client = _Client(existing={"id": _Job(NotFound("rows"))}, new=[_Job("new")])
    assert _ensured(client) == "new"


def test_a_job_that_failed_in_an_earlier_try_is_run_again() -> None:
    client = _Client(existing={"id": _failed("invalidQuery"), "id_2": _failed("invalidQuery")}, new=[_Job("new")])
    assert _ensured(client) == "new"
    assert client.started == ["id_3"]


def test_a_job_that_fails_now_is_final() -> None:
    client = _Client(new=[_failed("invalidQuery")])
    with pytest.raises(QueryFailed, match=r"^BigQuery job id failed: bad$"):
        _ensured(client)


def test_a_failure_of_the_service_is_tried_again_at_once() -> None:
    client = _Client(new=[_failed("backendError"), _Job("new")])
    assert _ensured(client) == "new"
    assert client.started == ["id", "id_2"]


def test_a_job_that_does_not_end_in_time_is_left_running() -> None:
    with pytest.raises(ServiceUnavailable, match="no answer in time"):
        _ensured(_Client(new=[_Job(TimeoutError("slow"))]))


def test_a_refused_statement_is_final() -> None:
    def refuse(job_id: str) -> Any:
        raise BadRequest("Syntax error")

    client: Any = _Client()
    with pytest.raises(QueryFailed, match="Syntax error"):
        ensured_result(client, "id", refuse, lambda: True)


def test_the_look_up_of_an_existing_job_is_tried_again(localgcp: LocalCloud) -> None:
    hook = BigQueryHook(localgcp.project, "europe-west1", CONNECTION)
    query = Query(sql="SELECT 1 AS n", parameters={}, labels={}, maximum_bytes_billed=1_000_000_000)
    assert hook.run("one_job", query) == [{"n": 1}]
    faults = [localgcp.add_fault("bigquery.jobs.get", "error", status=status) for status in (429, 500, 503)]
    assert hook.run("one_job", query) == [{"n": 1}]
    assert all(localgcp.fault_is_consumed(fault) for fault in faults)
