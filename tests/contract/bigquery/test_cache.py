"""Cached results of queries: when there is a cache hit, and what it is billed."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("d")
    made.create_dataset("e")
    made.query_and_wait("CREATE FUNCTION d.chance() AS (RAND())")
    return made


@pytest.fixture
def table(client: bigquery.Client) -> Iterator[str]:
    """Create a table of three rows that no query has read yet."""
    client.query_and_wait("CREATE OR REPLACE TABLE d.t AS SELECT x FROM UNNEST([1, 2, 3]) AS x")
    client.query_and_wait("CREATE OR REPLACE VIEW d.v AS SELECT x + 1 AS x FROM d.t")
    yield "d.t"
    client.delete_table("d.t", not_found_ok=True)


def _run(client: bigquery.Client, sql: str, **config: Any) -> bigquery.QueryJob:
    job = client.query(sql, job_config=bigquery.QueryJobConfig(**config))
    job.result()
    return job


def test_second_run_of_a_query_is_a_cache_hit_and_billed_no_bytes(client: bigquery.Client, table: str) -> None:
    first, again = (_run(client, f"SELECT x FROM {table} ORDER BY x") for _ in range(2))
    assert (first.cache_hit, first.total_bytes_processed, first.total_bytes_billed) == (False, 24, 10 << 20)
    assert (again.cache_hit, again.total_bytes_processed, again.total_bytes_billed) == (True, 0, 0)
    assert [row.x for row in again.result()] == [1, 2, 3]
    assert (again.statement_type, again.referenced_tables) == ("SELECT", [])
    assert again.destination == first.destination
    assert again.schema == first.schema


def test_jobs_query_reports_the_cache_hit(client: bigquery.Client, table: str) -> None:
    found = [client.query_and_wait(f"SELECT MAX(x) AS most FROM {table}") for _ in range(2)]
    assert [next(iter(rows)).most for rows in found] == [3, 3]
    assert [rows.total_bytes_processed for rows in found] == [24, 0]


def test_cache_hit_is_within_any_byte_limit(client: bigquery.Client, table: str) -> None:
    _run(client, f"SELECT x FROM {table}")
    assert _run(client, f"SELECT x FROM {table}", maximum_bytes_billed=1).cache_hit


def test_dry_run_returns_the_cost_without_the_cache(client: bigquery.Client, table: str) -> None:
    _run(client, f"SELECT x FROM {table}")
    dry = client.query(f"SELECT x FROM {table}", job_config=bigquery.QueryJobConfig(dry_run=True))
    assert (dry.cache_hit, dry.total_bytes_processed) == (False, 24)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO d.t (x) VALUES (9)",
        "UPDATE d.t SET x = 7 WHERE x = 1",
        "CREATE OR REPLACE TABLE d.t AS SELECT x FROM UNNEST([1, 2, 3]) AS x",
        "ALTER TABLE d.t SET OPTIONS (description = 'changed')",
        "CREATE OR REPLACE VIEW d.v AS SELECT x + 2 AS x FROM d.t",
        "CREATE OR REPLACE VIEW d.v AS SELECT x + 1 AS x FROM d.t",
    ],
)
@pytest.mark.usefixtures("table")
def test_change_of_a_table_or_view_is_a_cache_miss(client: bigquery.Client, change: str) -> None:
    sql = "SELECT SUM(x) AS total FROM d.v"
    hits = [_run(client, sql).cache_hit, _run(client, sql).cache_hit]
    client.query_and_wait(change)
    assert [*hits, _run(client, sql).cache_hit] == [False, True, False]
    expected = list(client.query_and_wait(sql, job_config=bigquery.QueryJobConfig(use_query_cache=False)))
    assert list(client.query_and_wait(sql)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x, RAND() AS r FROM d.t",
        "SELECT d.chance() AS r",
        "SELECT CURRENT_DATE() AS r",
        "SELECT SESSION_USER() AS r",
        "SELECT GENERATE_UUID() AS r",
        "SELECT COUNT(*) AS n FROM `d.t*`",
        "SELECT COUNT(*) AS n FROM d.INFORMATION_SCHEMA.TABLES",
        "SELECT x FROM d.t; SELECT x FROM d.t",
    ],
)
@pytest.mark.usefixtures("table")
def test_query_that_is_never_cached(client: bigquery.Client, sql: str) -> None:
    assert [bool(_run(client, sql).cache_hit) for _ in range(2)] == [False, False]


@pytest.mark.parametrize(
    "config",
    [
        {"use_query_cache": False},
        {"destination": "test-project.e.made", "write_disposition": "WRITE_TRUNCATE"},
        {"default_dataset": "test-project.e"},
        {"query_parameters": [bigquery.ScalarQueryParameter("unused", "INT64", 1)]},
        {"create_session": True},
    ],
)
def test_other_settings_are_a_cache_miss(client: bigquery.Client, table: str, config: dict[str, Any]) -> None:
    _run(client, f"SELECT x FROM {table}")
    assert not _run(client, f"SELECT x FROM {table}", **config).cache_hit


def test_another_text_or_parameter_is_a_cache_miss(client: bigquery.Client, table: str) -> None:
    def hit(sql: str, value: int) -> bool | None:
        return _run(client, sql, query_parameters=[bigquery.ScalarQueryParameter("n", "INT64", value)]).cache_hit

    sql = f"SELECT x FROM {table} WHERE x > @n"
    assert [hit(sql, 1), hit(sql, 1), hit(sql, 2), hit(sql.lower(), 1)] == [False, True, False, False]


def test_job_with_the_id_of_a_deleted_job_keeps_the_cached_result(client: bigquery.Client) -> None:
    def values(word: str, job_id: str | None = None) -> list[str]:
        return [row.x for row in client.query(f"SELECT '{word}' AS x", job_id=job_id).result()]

    assert values("first", "again") == ["first"]
    client.delete_job_metadata("again", project=client.project, location="US")
    assert values("second", "again") == ["second"]
    assert values("first") == ["first"]


def test_streamed_tables_are_not_cached(client: bigquery.Client, table: str) -> None:
    sql = f"SELECT COUNT(*) AS n FROM {table}"
    _run(client, sql)
    assert client.insert_rows_json(table, [{"x": 4}]) == []
    assert [(next(iter(job.result())).n, job.cache_hit) for job in (_run(client, sql), _run(client, sql))] == [
        (4, False),
        (4, False),
    ]


def test_results_are_cached_for_a_day(fresh_localgcp: LocalCloud) -> None:
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    _run(client, "SELECT 1 AS x")
    fresh_localgcp.advance_clock(86_400 - 60)
    assert _run(client, "SELECT 1 AS x").cache_hit
    fresh_localgcp.advance_clock(61)
    assert [_run(client, "SELECT 1 AS x").cache_hit for _ in range(2)] == [False, True]
