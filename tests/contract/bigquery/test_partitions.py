"""Partitioned tables: the partitions of rows, the cost of queries, and refused statements."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud

_TYPES = {"d": "DATE", "ts": "TIMESTAMP", "dt": "DATETIME", "n": "INT64"}
# 40 rows, ten a day from the 30th of January to the 2nd of February; INT64, DATE and the like count 8 bytes each.
_ROWS = """SELECT day AS d, TIMESTAMP_ADD(TIMESTAMP(day), INTERVAL i HOUR) AS ts,
    DATETIME_ADD(DATETIME(day), INTERVAL i HOUR) AS dt, 10 * DATE_DIFF(day, DATE '2024-01-30', DAY) + i AS n
    FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-30', '2024-02-02')) AS day, UNNEST(GENERATE_ARRAY(0, 9)) AS i"""
_CLAUSES = {
    "by_date": "d",
    "by_month": "DATE_TRUNC(d, MONTH)",
    "by_time": "TIMESTAMP_TRUNC(ts, DAY)",
    "by_hour": "TIMESTAMP_TRUNC(ts, HOUR)",
    "by_datetime": "DATETIME_TRUNC(dt, DAY)",
    "by_range": "RANGE_BUCKET(n, GENERATE_ARRAY(0, 30, 10))",
}


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("parts")
    for name, clause in _CLAUSES.items():
        made.query_and_wait(f"CREATE TABLE parts.{name} PARTITION BY {clause} AS {_ROWS}")
    made.query_and_wait("CREATE VIEW parts.seen AS SELECT d AS day, n FROM parts.by_date")
    return made


@pytest.fixture
def ingested(client: bigquery.Client) -> Iterator[str]:
    name = f"parts.i_{uuid4().hex[:8]}"
    client.query_and_wait(f"CREATE TABLE {name} (x INT64) PARTITION BY _PARTITIONDATE")
    yield name
    client.delete_table(name, not_found_ok=True)


def _rows(client: bigquery.Client, sql: str, **config: Any) -> list[tuple[Any, ...]]:
    settings = bigquery.QueryJobConfig(use_query_cache=False, **config)
    return [tuple(row.values()) for row in client.query(sql, job_config=settings).result()]


def _bytes(client: bigquery.Client, sql: str, **config: Any) -> tuple[int, int]:
    """Return the bytes that a dry run and a run of a query process."""
    dry = client.query(sql, job_config=bigquery.QueryJobConfig(dry_run=True, **config))
    job = client.query(sql, job_config=bigquery.QueryJobConfig(use_query_cache=False, **config))
    job.result()
    return dry.total_bytes_processed, job.total_bytes_processed


# Cost. Each day has ten rows of 8 bytes a column.


@pytest.mark.parametrize(
    ("sql", "days"),
    [
        ("SELECT n FROM by_date", 4),
        ("SELECT n, d FROM by_date WHERE d = '2024-01-31'", 2),
        ("SELECT n, d FROM by_date WHERE d = DATE_ADD(DATE '2024-01-30', INTERVAL 1 DAY)", 2),
        ("SELECT n, d FROM by_date WHERE DATE '2024-01-31' < d", 4),
        ("SELECT n, d FROM by_date WHERE d <> '2024-01-31'", 6),
        ("SELECT n, d FROM by_date WHERE d BETWEEN '2024-01-31' AND '2024-02-01' AND n > 3", 4),
        ("SELECT n, d FROM by_date WHERE d IN ('2024-01-30', '2024-02-02', '2025-01-01')", 4),
        ("SELECT n, d FROM by_date WHERE d = '2024-01-30' OR d = '2024-01-31'", 4),
        ("SELECT n, d FROM by_date WHERE d = '2024-01-30' OR n = 3", 8),
        ("SELECT n, d FROM by_date WHERE NOT d IN ('2024-01-30')", 6),
        ("SELECT n, d FROM by_date WHERE d > CURRENT_DATE()", 0),
        ("SELECT n, d FROM by_date WHERE d = (SELECT DATE '2024-01-30')", 8),
        ("SELECT n, d FROM by_date WHERE DATE_TRUNC(d, MONTH) = '2024-02-01'", 4),
        ("SELECT n, d FROM by_date WHERE d IS NULL", 0),
        ("SELECT n, d FROM by_date WHERE EXTRACT(DAY FROM d) = 30", 8),
        ("SELECT n FROM (SELECT n, d AS day FROM by_date) WHERE day = '2024-01-30'", 2),
        ("WITH q AS (SELECT * FROM by_date) SELECT n FROM q WHERE d = '2024-01-30'", 2),
        ("SELECT n FROM (SELECT * FROM by_date LIMIT 50) WHERE d = '2024-01-30'", 8),
        ("SELECT n FROM seen WHERE day = '2024-01-30'", 2),
        ("SELECT a.n FROM by_date AS a JOIN by_date AS b USING (n) WHERE a.d = '2024-01-30' AND b.d = '2024-01-31'", 4),
        ("SELECT n FROM by_month WHERE d = '2024-01-31'", 4),
        ("SELECT n FROM by_time WHERE DATE(ts) = '2024-01-31'", 2),
        ("SELECT n FROM by_time WHERE ts >= '2024-02-01' AND ts < TIMESTAMP '2024-02-01 05:00:00'", 2),
        ("SELECT n FROM by_time WHERE TIMESTAMP_TRUNC(ts, DAY) = TIMESTAMP('2024-01-31')", 2),
        ("SELECT n FROM by_time WHERE CAST(ts AS DATE) > '2024-01-31'", 4),
        ("SELECT n FROM by_datetime WHERE dt >= DATETIME '2024-02-02 00:00:00'", 2),
        ("SELECT n FROM by_range WHERE n = 7", 1),
        ("SELECT n FROM by_range WHERE n >= 20", 2),
        ("SELECT n FROM by_range WHERE n IN UNNEST([1, 11])", 2),
        ("SELECT COUNT(*) FROM by_date WHERE d = '2024-01-31'", 1),
    ],
)
def test_query_is_billed_for_the_partitions_that_a_constant_leaves(
    client: bigquery.Client, sql: str, days: int
) -> None:
    expected = days * 10 * 8
    assert _bytes(client, sql, default_dataset=f"{client.project}.parts") == (expected, expected)


def test_table_can_be_partitioned_by_hour(client: bigquery.Client) -> None:
    assert _bytes(client, "SELECT n FROM parts.by_hour WHERE ts = '2024-01-31 03:00:00'") == (16, 16)
    assert client.get_table("parts.by_hour").num_bytes == 40 * 32


def test_parameter_prunes_partitions_as_a_constant_does(client: bigquery.Client) -> None:
    day = bigquery.ScalarQueryParameter("day", "DATE", date(2024, 1, 30))
    days = bigquery.ArrayQueryParameter("days", "DATE", [date(2024, 1, 30), date(2024, 2, 1)])
    sql = "SELECT d FROM parts.by_date WHERE d"
    assert _bytes(client, f"{sql} = @day", query_parameters=[day]) == (80, 80)
    assert _bytes(client, f"{sql} IN UNNEST(@days)", query_parameters=[days]) == (160, 160)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DELETE FROM parts.costs WHERE d = '2024-01-30' AND n = 5", 160),
        ("UPDATE parts.costs SET n = n + 1 WHERE d = '2024-01-31'", 320),
        ("MERGE parts.costs AS t USING (SELECT 11 AS n) AS s ON t.n = s.n AND t.d = '2024-01-31' "
         "WHEN MATCHED THEN UPDATE SET n = 12", 320),
    ],
)  # fmt: skip
def test_dml_is_billed_for_the_partitions_that_it_reads(client: bigquery.Client, sql: str, expected: int) -> None:
    client.query_and_wait(f"CREATE OR REPLACE TABLE parts.costs PARTITION BY d AS SELECT * FROM ({_ROWS})")
    assert client.query(sql, job_config=bigquery.QueryJobConfig(dry_run=True)).total_bytes_processed <= expected


# Filters that must be there


@pytest.fixture(scope="module")
def guarded(client: bigquery.Client) -> str:
    option = "OPTIONS (require_partition_filter = TRUE)"
    client.query_and_wait(f"CREATE TABLE parts.guarded PARTITION BY d {option} AS {_ROWS}")
    client.query_and_wait("CREATE VIEW parts.guarded_view AS SELECT * FROM parts.guarded")
    client.query_and_wait(f"CREATE TABLE parts.guarded_time (x INT64) PARTITION BY _PARTITIONDATE {option}")
    return "parts.guarded"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n FROM parts.guarded",
        "SELECT n FROM parts.guarded WHERE n = 1",
        "SELECT n FROM parts.guarded WHERE d = '2024-01-30' OR n = 1",
        "SELECT n FROM parts.guarded_view WHERE n = 1",
        "SELECT a.n FROM parts.guarded AS a JOIN parts.guarded AS b USING (n) WHERE a.d = '2024-01-30'",
        "DELETE FROM parts.guarded WHERE TRUE",
        "UPDATE parts.guarded SET n = 1 WHERE n = 2",
    ],
)
@pytest.mark.usefixtures("guarded")
def test_required_partition_filter_must_be_there(client: bigquery.Client, sql: str) -> None:
    name = f"{client.project}.parts.guarded"
    wanted = rf"Cannot query over table '{name}' without a filter over column\(s\) 'd' that can be used for partition"
    with pytest.raises(BadRequest, match=wanted):
        client.query_and_wait(sql)


@pytest.mark.usefixtures("guarded")
def test_query_with_a_partition_filter_runs(client: bigquery.Client) -> None:
    assert _rows(client, "SELECT COUNT(*) FROM parts.guarded WHERE d > '2024-01-31'") == [(20,)]
    assert _rows(client, "SELECT COUNT(*) FROM parts.guarded_view WHERE d > '2024-01-31'") == [(20,)]
    assert _rows(client, "SELECT COUNT(*) FROM parts.guarded_time WHERE _PARTITIONTIME IS NOT NULL") == [(0,)]
    with pytest.raises(BadRequest, match="'_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME'"):
        client.query_and_wait("SELECT * FROM parts.guarded_time")
    client.query_and_wait("TRUNCATE TABLE parts.guarded")
    assert client.get_table("parts.guarded").num_rows == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE parts.filtered SET n = n + 1 WHERE d = DATE '2024-01-30'",
        "UPDATE parts.filtered AS f SET n = f.n + o.n FROM (SELECT 1 AS n) AS o WHERE d = DATE '2024-01-30'",
        "MERGE parts.filtered AS f USING (SELECT 1 AS n) AS o ON d = DATE '2024-01-30'"
        " WHEN MATCHED THEN UPDATE SET n = f.n + o.n",
    ],
)
def test_dml_with_a_partition_filter_runs(client: bigquery.Client, sql: str) -> None:
    option = "OPTIONS (require_partition_filter = TRUE)"
    rows = "SELECT d, 1 AS n FROM UNNEST([DATE '2024-01-30', DATE '2024-01-31']) AS d"
    client.query_and_wait(f"CREATE OR REPLACE TABLE parts.filtered PARTITION BY d {option} AS {rows}")
    client.query(sql, retry=None, job_retry=None).result(retry=None, job_retry=None)
    assert _rows(client, "SELECT n FROM parts.filtered WHERE d > '2024-01-01' ORDER BY d") == [(2,), (1,)]


# Ingestion time


def test_rows_are_in_the_partition_of_their_ingestion_time(client: bigquery.Client, ingested: str) -> None:
    client.query_and_wait(f"INSERT INTO {ingested} VALUES (1)")
    client.query_and_wait(f"INSERT INTO {ingested} (x) VALUES (2)")
    assert not client.insert_rows_json(ingested, [{"x": 3}])
    client.load_table_from_json([{"x": 4}], ingested, job_config=bigquery.LoadJobConfig(schema=[_X])).result()
    append = {"destination": f"{client.project}.{ingested}", "write_disposition": "WRITE_APPEND"}
    _rows(client, "SELECT 5 AS x", **append)
    client.query_and_wait(f"MERGE {ingested} AS t USING (SELECT 6 AS x) AS s ON t.x = s.x "
                          "WHEN NOT MATCHED THEN INSERT (x) VALUES (x)")  # fmt: skip
    sql = f"SELECT COUNT(*), COUNTIF(_PARTITIONDATE = CURRENT_DATE()), MIN(_PARTITIONTIME) FROM {ingested}"
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert _rows(client, sql) == [(6, 6, today)]


_X = bigquery.SchemaField("x", "INT64")


def test_star_and_whole_row_leave_out_pseudo_columns(client: bigquery.Client, ingested: str) -> None:
    client.query_and_wait(f"INSERT INTO {ingested} (_PARTITIONTIME, x) VALUES (TIMESTAMP '2024-01-31', 1)")
    day = date(2024, 1, 31)
    assert _rows(client, f"SELECT * FROM {ingested}") == [(1,)]
    assert _rows(client, f"SELECT *, _PARTITIONDATE AS day FROM {ingested}") == [(1, day)]
    assert _rows(client, f"SELECT t.*, t._PARTITIONDATE AS day FROM {ingested} AS t") == [(1, day)]
    assert _rows(client, f"SELECT TO_JSON_STRING(t) FROM {ingested} AS t") == [('{"x":1}',)]
    assert [field.name for field in client.get_table(ingested).schema] == ["x"]
    assert [tuple(row.values()) for row in client.list_rows(ingested)] == [(1,)]
    with pytest.raises(BadRequest, match='Invalid field name "_PARTITIONTIME"'):
        client.query_and_wait(f"SELECT _PARTITIONTIME FROM {ingested}")


def test_dml_can_use_pseudo_columns(client: bigquery.Client, ingested: str) -> None:
    client.query_and_wait(f"INSERT INTO {ingested} (_PARTITIONTIME, x) "
                          "VALUES (TIMESTAMP '2024-01-30', 1), (TIMESTAMP '2024-01-31', 2)")  # fmt: skip
    assert _bytes(client, f"SELECT x FROM {ingested} WHERE _PARTITIONTIME = '2024-01-30'") == (8, 8)
    assert _bytes(client, f"SELECT x FROM {ingested} WHERE _PARTITIONDATE > '2024-01-30'") == (8, 8)
    client.query_and_wait(f"UPDATE {ingested} SET x = 9 WHERE _PARTITIONTIME = TIMESTAMP '2024-01-31'")
    client.query_and_wait(f"DELETE FROM {ingested} WHERE _PARTITIONDATE = '2024-01-30'")
    assert _rows(client, f"SELECT x, _PARTITIONDATE AS day FROM {ingested}") == [(9, date(2024, 1, 31))]


def test_copy_keeps_the_partitions(client: bigquery.Client, ingested: str) -> None:
    client.query_and_wait(f"INSERT INTO {ingested} (_PARTITIONTIME, x) VALUES (TIMESTAMP '2024-01-31', 1)")
    client.copy_table(ingested, f"{ingested}_copy").result()
    assert _rows(client, f"SELECT x, _PARTITIONDATE AS day FROM {ingested}_copy") == [(1, date(2024, 1, 31))]


# Decorators


def _load(client: bigquery.Client, target: str, text: str, disposition: str, **config: Any) -> bigquery.LoadJob:
    settings = bigquery.LoadJobConfig(source_format="CSV", write_disposition=disposition, **config)
    job = client.load_table_from_file(io.BytesIO(text.encode()), target, job_config=settings)
    return job.result()


def test_one_partition_is_replaced_by_a_load(client: bigquery.Client, ingested: str) -> None:
    for day, text in (("20240130", "1\n2\n"), ("20240131", "3\n"), ("20240130", "4\n")):
        _load(client, f"{ingested}${day}", text, "WRITE_TRUNCATE")
    found = _rows(client, f"SELECT x, _PARTITIONDATE AS day FROM {ingested} ORDER BY x")
    assert found == [(3, date(2024, 1, 31)), (4, date(2024, 1, 30))]
    with pytest.raises(Conflict, match=r"\$20240130"):
        _load(client, f"{ingested}$20240130", "5\n", "WRITE_EMPTY")
    _load(client, f"{ingested}$20240130", "5\n", "WRITE_APPEND")
    assert [row.x for row in client.list_rows(f"{ingested}$20240130")] == [4, 5]
    assert client.get_table(f"{ingested}$20240130").num_rows == 2
    assert client.get_table(ingested)._properties["numPartitions"] == "2"


def test_one_partition_is_replaced_by_a_query_and_a_copy(client: bigquery.Client) -> None:
    client.query_and_wait(f"CREATE OR REPLACE TABLE parts.target PARTITION BY d AS {_ROWS}")
    where = {"destination": f"{client.project}.parts.target$20240131", "write_disposition": "WRITE_TRUNCATE"}
    _rows(client, f"SELECT * FROM ({_ROWS}) WHERE d = '2024-01-31' AND n < 12", **where)
    assert _rows(client, "SELECT d, COUNT(*) FROM parts.target GROUP BY d ORDER BY d") == [
        (date(2024, 1, 30), 10), (date(2024, 1, 31), 2), (date(2024, 2, 1), 10), (date(2024, 2, 2), 10),
    ]  # fmt: skip
    with pytest.raises(BadRequest, match="Some rows belong to different partitions rather than destination partition"):
        _rows(client, _ROWS, **where)
    assert client.get_table("parts.target$20240131").num_rows == 2
    settings = bigquery.CopyJobConfig(write_disposition="WRITE_TRUNCATE")
    client.copy_table("parts.by_date$20240131", "parts.target$20240131", job_config=settings).result()
    assert client.get_table("parts.target").num_rows == 40


def test_one_partition_is_deleted(client: bigquery.Client) -> None:
    client.query_and_wait(f"CREATE OR REPLACE TABLE parts.less PARTITION BY d AS {_ROWS} UNION ALL "
                          "SELECT NULL, NULL, NULL, 77")  # fmt: skip
    assert [row.n for row in client.list_rows("parts.less$__NULL__")] == [77]
    for partition, left in (("20240131", 31), ("__NULL__", 30)):
        client.delete_table(f"parts.less${partition}")
        assert client.get_table("parts.less").num_rows == left
    with pytest.raises(NotFound, match=r"parts.less\$20240131"):
        client.delete_table("parts.less$20240131")


def test_ranges_are_named_by_their_start(client: bigquery.Client) -> None:
    assert [row.n for row in client.list_rows("parts.by_range$10")] == list(range(10, 20))
    assert [row.n for row in client.list_rows("parts.by_range$__UNPARTITIONED__")] == list(range(30, 40))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("by_date$2024", "Invalid partition id '2024'"),
        ("by_date$20241301", "Invalid partition id"),
        ("by_range$5", "Invalid partition id '5'"),
        ("plain$20240131", "not partitioned"),
    ],
)
def test_invalid_partition_is_refused(client: bigquery.Client, table: str, message: str) -> None:
    client.query_and_wait("CREATE TABLE IF NOT EXISTS parts.plain (x INT64)")
    with pytest.raises(BadRequest, match=message):
        client.get_table(f"parts.{table}")


def test_streamed_rows_go_to_a_named_partition(client: bigquery.Client, ingested: str) -> None:
    assert not client.insert_rows_json(f"{ingested}$20240131", [{"x": 1}])
    assert _rows(client, f"SELECT _PARTITIONDATE AS day FROM {ingested}") == [(date(2024, 1, 31),)]


# Settings


_FIELDS = [
    bigquery.SchemaField("s", "STRING"),
    bigquery.SchemaField("d", "DATE"),
    bigquery.SchemaField("n", "INT64"),
    bigquery.SchemaField("f", "FLOAT64"),
    bigquery.SchemaField("many", "DATE", mode="REPEATED"),
]


def _range(start: int, end: int, interval: int) -> dict[str, Any]:
    return {"field": "n", "range": {"start": str(start), "end": str(end), "interval": str(interval)}}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timePartitioning": {"type": "DAY", "field": "x"}}, "cannot be found in the schema. Field: x"),
        ({"timePartitioning": {"type": "DAY", "field": "s"}}, "TIMESTAMP, DATE or DATETIME. The type found is: STRING"),
        ({"timePartitioning": {"type": "DAY", "field": "many"}}, "cannot be REPEATED"),
        ({"timePartitioning": {"type": "HOUR", "field": "d"}}, "HOUR on the DATE field d"),
        ({"timePartitioning": {"type": "WEEK"}}, "timePartitioning.type: WEEK"),
        ({"timePartitioning": {"type": "DAY", "expirationMs": "0"}}, "expirationMs"),
        ({"rangePartitioning": {**_range(0, 9, 1), "field": "d"}}, "only be of type INTEGER. The type found is: DATE"),
        ({"rangePartitioning": _range(9, 0, 1)}, "start 9 must lie below end 0"),
        ({"rangePartitioning": _range(0, 20_000, 1)}, "has 20000 partitions"),
        ({"timePartitioning": {"type": "DAY"}, "rangePartitioning": _range(0, 9, 1)}, "Cannot specify both"),
        ({"requirePartitionFilter": True}, "requirePartitionFilter can only be set for partitioned tables"),
        ({"clustering": {"fields": ["s", "d", "n", "x"]}}, "clustering cannot be found in the schema. Field: x"),
        ({"clustering": {"fields": ["f"]}}, "Field f of type FLOAT64 cannot be used for clustering"),
        ({"clustering": {"fields": ["s", "d", "n", "s", "d"]}}, "Too many clustering fields: 5"),
    ],
)
def test_invalid_partitioning_or_clustering_is_refused(
    client: bigquery.Client, settings: dict[str, Any], message: str
) -> None:
    table = bigquery.Table(f"{client.project}.parts.refused", _FIELDS)
    table._properties |= settings
    with pytest.raises(BadRequest, match=message):
        client.create_table(table)


def test_partitioning_cannot_be_changed(client: bigquery.Client) -> None:
    table = client.get_table("parts.by_date")
    table.time_partitioning = bigquery.TimePartitioning(field="d", type_="MONTH")
    with pytest.raises(BadRequest, match=r"Incompatible table partitioning specification. Expects .*type:day,field:d"):
        client.update_table(table, ["time_partitioning"])
    settings = {"time_partitioning": bigquery.TimePartitioning(field="ts"), "write_disposition": "WRITE_TRUNCATE"}
    with pytest.raises(BadRequest, match=r"input partitioning specification is .*field:ts"):
        _rows(client, _ROWS, destination=f"{client.project}.parts.by_date", **settings)


def test_query_of_too_many_partitions_is_refused(client: bigquery.Client) -> None:
    days = "SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2000-01-01', '2012-01-01')) AS d"
    with pytest.raises(BadRequest, match="Too many partitions produced by query, allowed 4000"):
        client.query_and_wait(f"CREATE TABLE parts.too_many PARTITION BY d AS {days}")
    with pytest.raises(NotFound):
        client.get_table("parts.too_many")


# Expirations


def test_partitions_and_tables_expire(fresh_localgcp: LocalCloud) -> None:
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    dataset = bigquery.Dataset(f"{client.project}.brief")
    dataset.default_table_expiration_ms = 3_600_000
    dataset.default_partition_expiration_ms = 2 * 86_400_000
    client.create_dataset(dataset)
    days = "SELECT DATE_SUB(CURRENT_DATE(), INTERVAL i DAY) AS d FROM UNNEST([0, 1]) AS i"
    client.query_and_wait(f"CREATE TABLE brief.p PARTITION BY d AS {days}")
    client.query_and_wait("CREATE TABLE brief.t AS SELECT 1 AS x")
    found = client.get_table("brief.p")
    assert (found.time_partitioning.expiration_ms, found.expires) == (2 * 86_400_000, None)
    made = client.get_table("brief.t")
    assert (made.expires - made.created).total_seconds() == 3600
    assert found.num_rows == 2
    fresh_localgcp.advance_clock(86_400)
    assert client.get_table("brief.p").num_rows == 1
    with pytest.raises(NotFound):
        client.get_table("brief.t")


def test_default_expiration_of_less_than_an_hour_is_refused(client: bigquery.Client) -> None:
    dataset = bigquery.Dataset(f"{client.project}.too_brief")
    dataset.default_table_expiration_ms = 1000
    with pytest.raises(BadRequest, match="defaultTableExpirationMs"):
        client.create_dataset(dataset)
