"""Wildcard tables: tables whose names start with a prefix, read as one."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("wild")
    for day in (1, 2, 3):
        made.query_and_wait(f"CREATE TABLE wild.events_2024010{day} AS SELECT {day} AS n, 'x' AS s")
    made.query_and_wait("CREATE TABLE wild.events_20240104 AS SELECT 4 AS n, 'x' AS s, TRUE AS b")
    made.query_and_wait("CREATE TABLE wild.mixed_1 AS SELECT 'text' AS n")
    made.query_and_wait("CREATE TABLE wild.mixed_2 AS SELECT 2 AS n")
    made.query_and_wait("CREATE TABLE wild.seen_1 AS SELECT 1 AS n")
    made.query_and_wait("CREATE VIEW wild.seen_2 AS SELECT 2 AS n")
    return made


def _rows(client: bigquery.Client, sql: str, **config: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query(sql, job_config=bigquery.QueryJobConfig(**config)).result()]


def test_newest_table_gives_the_schema(client: bigquery.Client) -> None:
    rows = client.query_and_wait("SELECT * FROM `wild.events_*` ORDER BY n")
    assert [field.name for field in rows.schema] == ["n", "s", "b"]
    assert [tuple(row.values()) for row in rows] == [(1, "x", None), (2, "x", None), (3, "x", None), (4, "x", True)]


def test_suffix_is_a_column_that_a_star_leaves_out(client: bigquery.Client) -> None:
    sql = "SELECT *, _TABLE_SUFFIX AS day FROM `wild.events_202401*` AS t WHERE t.n > 3"
    assert _rows(client, sql) == [(4, "x", True, "04")]
    with pytest.raises(BadRequest, match='Invalid field name "_TABLE_SUFFIX"'):
        client.query_and_wait("SELECT _TABLE_SUFFIX FROM `wild.events_*`")


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("TRUE", [1, 2, 3, 4]),
        ("_TABLE_SUFFIX = '20240102'", [2]),
        ("_TABLE_SUFFIX BETWEEN '20240102' AND '20240103' AND n > 0", [2, 3]),
        ("_TABLE_SUFFIX IN ('20240101', '20240104')", [1, 4]),
        ("_TABLE_SUFFIX LIKE '%3'", [3]),
        ("PARSE_DATE('%Y%m%d', _TABLE_SUFFIX) >= DATE '2024-01-03'", [3, 4]),
        ("_TABLE_SUFFIX >= FORMAT_DATE('%Y%m%d', @day)", [4]),
        ("_TABLE_SUFFIX = 'none'", []),
    ],
)
def test_tables_excluded_by_the_suffix_are_not_billed(client: bigquery.Client, condition: str, days: list[int]) -> None:
    day = bigquery.ScalarQueryParameter("day", "DATE", "2024-01-04")
    settings = bigquery.QueryJobConfig(query_parameters=[day])
    job = client.query(f"SELECT n FROM `wild.events_*` WHERE {condition} ORDER BY n", job_config=settings)
    assert [row.n for row in job.result()] == days
    assert job.total_bytes_processed == 8 * len(days)


def test_condition_on_suffix_and_rows_reads_all_tables(client: bigquery.Client) -> None:
    job = client.query("SELECT n FROM `wild.events_*` WHERE _TABLE_SUFFIX = CONCAT('2024010', CAST(n + 0 AS STRING))")
    assert job.result().total_rows == 4
    assert job.total_bytes_processed == 32


def test_outer_join_keeps_its_rows(client: bigquery.Client) -> None:
    sql = """SELECT o.n, w._TABLE_SUFFIX AS day FROM (SELECT 9 AS n) AS o
        LEFT JOIN `wild.events_*` AS w ON o.n = w.n WHERE w._TABLE_SUFFIX IS NULL"""
    assert _rows(client, sql) == [(9, None)]


@pytest.mark.parametrize(
    "condition",
    [
        "COALESCE(w._TABLE_SUFFIX, 'none') = 'none'",
        "IF(w._TABLE_SUFFIX IS NULL, 'none', 'some') IN ('none')",
        "(w._TABLE_SUFFIX IS NULL) = TRUE",
        "'none' IN (w._TABLE_SUFFIX, IFNULL(w._TABLE_SUFFIX, 'none'))",
    ],
)
def test_condition_that_null_of_an_outer_join_meets_excludes_no_table(client: bigquery.Client, condition: str) -> None:
    sql = f"""SELECT o.n FROM (SELECT 1 AS n UNION ALL SELECT 9) AS o
        LEFT JOIN `wild.events_*` AS w ON o.n = w.n WHERE {condition}"""
    assert _rows(client, sql) == [(9,)]


def test_subtotal_counts_all_tables(client: bigquery.Client) -> None:
    inner = "SELECT _TABLE_SUFFIX AS day, COUNT(*) AS rows_of FROM `wild.events_*` GROUP BY ROLLUP(_TABLE_SUFFIX)"
    assert _rows(client, f"SELECT rows_of FROM ({inner}) WHERE day IS NULL") == [(4,)]


def test_recursive_clause_reads_all_tables(client: bigquery.Client) -> None:
    sql = """WITH RECURSIVE c AS (SELECT _TABLE_SUFFIX AS day, 1 AS i FROM `wild.events_*`
        UNION ALL SELECT day, i + 1 FROM c WHERE i < 3) SELECT COUNT(*) FROM c"""
    job = client.query(sql, retry=None, job_retry=None)
    assert [tuple(row) for row in job.result(retry=None, job_retry=None)] == [(12,)]


def test_whole_dataset_and_default_dataset(client: bigquery.Client) -> None:
    name = f"{client.project}.wild"
    assert _rows(client, f"SELECT COUNT(*) FROM `{name}.events_*`") == [(4,)]
    assert _rows(client, "SELECT COUNT(*) FROM `events_*`", default_dataset=name) == [(4,)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM `wild.none_*`", "test-project:wild.none_. does not match any table."),
        ("SELECT * FROM `wild.seen_*` WHERE _TABLE_SUFFIX = '1'", "Views cannot be queried through prefix. First view"),
        ("SELECT n FROM `wild.mixed_*`", "Cannot read field 'n' of type STRING as INT64"),
        ("DELETE FROM `wild.events_*` WHERE TRUE", "Illegal operation .write. on meta-table"),
    ],
)
def test_invalid_wildcard_is_refused(client: bigquery.Client, sql: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        client.query_and_wait(sql)
