"""The views of INFORMATION_SCHEMA, and `__TABLES__`, by dataset and by region."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("here")
    abroad = bigquery.Dataset(f"{made.project}.abroad")
    abroad.location, abroad.description = "EU", "far away"
    made.create_dataset(abroad)
    made.query_and_wait("""CREATE TABLE here.t (d DATE NOT NULL, n INT64, r STRUCT<a STRING, b ARRAY<INT64>>)
        PARTITION BY d CLUSTER BY n OPTIONS (description = 'a "table"', require_partition_filter = TRUE)""")
    made.query_and_wait("INSERT INTO here.t (d, n) VALUES ('2024-01-30', 1), ('2024-01-31', 2), ('2024-01-31', 3)")
    made.query_and_wait("CREATE VIEW here.v AS SELECT 1 AS x")
    made.query_and_wait("CREATE TABLE abroad.u (x INT64)")
    return made


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("table_name, table_type, is_insertable_into FROM here.INFORMATION_SCHEMA.TABLES",
         [("t", "BASE TABLE", "YES"), ("v", "VIEW", "NO")]),
        ("table_schema, table_name FROM `region-eu`.INFORMATION_SCHEMA.TABLES", [("abroad", "u")]),
        ("COUNT(*) FROM `test-project`.`region-us`.INFORMATION_SCHEMA.TABLES AS q", [(2,)]),
        ("COUNT(*) FROM `test-project.here.INFORMATION_SCHEMA.TABLES` WHERE creation_time < CURRENT_TIMESTAMP()",
         [(2,)]),
        ("column_name, ordinal_position, is_nullable, data_type, is_partitioning_column, clustering_ordinal_position "
         "FROM here.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 't'",
         [("d", 1, "NO", "DATE", "YES", None), ("n", 2, "YES", "INT64", "NO", 1),
          ("r", 3, "YES", "STRUCT<a STRING, b ARRAY<INT64>>", "NO", None)]),
        ("field_path, data_type FROM here.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS WHERE column_name = 'r'",
         [("r", "STRUCT<a STRING, b ARRAY<INT64>>"), ("r.a", "STRING"), ("r.b", "ARRAY<INT64>")]),
        ("schema_name, location FROM INFORMATION_SCHEMA.SCHEMATA", [("abroad", "EU"), ("here", "US")]),
        ("schema_name FROM `region-us`.INFORMATION_SCHEMA.SCHEMATA", [("here",)]),
        ("* FROM INFORMATION_SCHEMA.SCHEMATA_OPTIONS",
         [("test-project", "abroad", "description", "STRING", '"far away"')]),
        ("option_name, option_type, option_value FROM here.INFORMATION_SCHEMA.TABLE_OPTIONS",
         [("description", "STRING", '"a \\"table\\""'), ("require_partition_filter", "BOOL", "true")]),
        ("table_name, view_definition, use_standard_sql FROM here.INFORMATION_SCHEMA.VIEWS",
         [("v", "SELECT 1 AS x", "YES")]),
        ("partition_id, total_rows, total_logical_bytes FROM here.INFORMATION_SCHEMA.PARTITIONS",
         [("20240130", 1, 16), ("20240131", 2, 32)]),
        ("table_name, total_rows, total_partitions, total_logical_bytes "
         "FROM `region-us`.INFORMATION_SCHEMA.TABLE_STORAGE",
         [("t", 3, 2, 48)]),
        ("table_id, row_count, size_bytes, type FROM here.__TABLES__", [("t", 3, 48, 1), ("v", None, None, 2)]),
    ],
)  # fmt: skip
def test_rows_of_a_view(client: bigquery.Client, sql: str, expected: list[tuple[Any, ...]]) -> None:
    assert [tuple(row.values()) for row in client.query_and_wait(f"SELECT {sql}")] == expected


def test_empty_dataset_has_typed_columns(client: bigquery.Client) -> None:
    client.create_dataset("empty")
    rows = client.query_and_wait("SELECT * FROM empty.INFORMATION_SCHEMA.COLUMNS")
    kinds = {field.name: field.field_type for field in rows.schema}
    assert (rows.total_rows, kinds["column_name"], kinds["ordinal_position"]) == (0, "STRING", "INTEGER")


def test_error_names_a_missing_dataset_or_view(client: bigquery.Client) -> None:
    with pytest.raises(NotFound, match="Not found: Dataset test-project:none"):
        client.query_and_wait("SELECT * FROM none.INFORMATION_SCHEMA.TABLES")
    with pytest.raises(BadRequest, match=r"does not support INFORMATION_SCHEMA.SESSIONS"):
        client.query_and_wait("SELECT * FROM `region-us`.INFORMATION_SCHEMA.SESSIONS")
    with pytest.raises(BadRequest, match=r"INFORMATION_SCHEMA.JOBS must be qualified with a region"):
        client.query_and_wait("SELECT * FROM INFORMATION_SCHEMA.JOBS")
    with pytest.raises(BadRequest, match="must be qualified with a dataset"):
        client.query_and_wait("SELECT * FROM INFORMATION_SCHEMA.TABLES")


def _named(client: bigquery.Client, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in client.query_and_wait(sql)]


@pytest.mark.parametrize("view", ["JOBS", "JOBS_BY_PROJECT", "JOBS_BY_USER"])
def test_query_is_a_row_of_jobs(client: bigquery.Client, view: str) -> None:
    settings = bigquery.QueryJobConfig(labels={"team": "trees"}, use_query_cache=False)
    job = client.query("SELECT n FROM here.t WHERE d = '2024-01-31'", job_config=settings)
    job.result()
    (row,) = _named(
        client,
        f"""SELECT job_id, job_type, state, statement_type, total_bytes_processed, total_bytes_billed, cache_hit,
        referenced_tables, labels, user_email, query, priority, error_result, parent_job_id, total_slot_ms,
        creation_time <= start_time AND start_time <= end_time AS is_in_order, destination_table.table_id AS made
        FROM `region-us`.INFORMATION_SCHEMA.{view} WHERE job_id = '{job.job_id}'""",
    )
    assert row == {
        "job_id": job.job_id, "job_type": "QUERY", "state": "DONE", "statement_type": "SELECT",
        "total_bytes_processed": job.total_bytes_processed, "total_bytes_billed": 10 << 20, "cache_hit": False,
        "referenced_tables": [{"project_id": client.project, "dataset_id": "here", "table_id": "t"}],
        "labels": [{"key": "team", "value": "trees"}], "user_email": job.user_email, "query": job.query,
        "priority": "INTERACTIVE", "error_result": None, "parent_job_id": None, "total_slot_ms": None,
        "is_in_order": True, "made": job.destination.table_id,
    }  # fmt: skip


def test_jobs_have_errors_dml_statistics_and_statements_of_scripts(client: bigquery.Client) -> None:
    failed = client.query("SELECT 1 +")
    assert failed.exception() is not None
    changed = client.query("UPDATE abroad.u SET x = 1 WHERE TRUE")
    changed.result()
    script = client.query("SELECT 1; SELECT 2;")
    script.result()
    view = "`region-us`.INFORMATION_SCHEMA.JOBS"
    (row,) = _named(client, f"SELECT error_result.reason FROM {view} WHERE job_id = '{failed.job_id}'")
    assert row == {"reason": "invalidQuery"}
    (row,) = _named(client, f"SELECT dml_statistics AS counts FROM {view} WHERE job_id = '{changed.job_id}'")
    assert row == {"counts": {"inserted_row_count": 0, "deleted_row_count": 0, "updated_row_count": 0}}
    sql = f"SELECT query, cache_hit FROM {view} WHERE '{script.job_id}' IN (job_id, parent_job_id) ORDER BY query"
    assert [(row["query"], row["cache_hit"]) for row in _named(client, sql)] == [
        ("SELECT 1", False),
        ("SELECT 1; SELECT 2;", None),
        ("SELECT 2", False),
    ]


def test_jobs_of_another_region_are_not_listed(client: bigquery.Client) -> None:
    assert _named(client, "SELECT COUNT(*) AS n FROM `region-eu`.INFORMATION_SCHEMA.JOBS") == [{"n": 0}]


def test_keys_are_listed(client: bigquery.Client) -> None:
    client.create_dataset("keys")
    client.query_and_wait("CREATE TABLE keys.two (a INT64, b INT64, PRIMARY KEY (a, b) NOT ENFORCED)")
    client.query_and_wait("""CREATE TABLE keys.refers (x INT64 PRIMARY KEY NOT ENFORCED, y INT64,
        CONSTRAINT to_two FOREIGN KEY (y, x) REFERENCES keys.two (b, a) NOT ENFORCED)""")
    prefix = "keys.INFORMATION_SCHEMA"
    kept = {
        "TABLE_CONSTRAINTS": "constraint_name, constraint_type, enforced",
        "KEY_COLUMN_USAGE": "constraint_name, column_name, ordinal_position, position_in_unique_constraint",
        "CONSTRAINT_COLUMN_USAGE": "constraint_name, table_name, column_name",
    }
    found = {
        view: sorted(tuple(row.values()) for row in client.query_and_wait(f"SELECT {names} FROM {prefix}.{view}"))
        for view, names in kept.items()
    }
    assert found == {
        "TABLE_CONSTRAINTS": [
            ("refers.pk$", "PRIMARY KEY", "NO"),
            ("refers.to_two", "FOREIGN KEY", "NO"),
            ("two.pk$", "PRIMARY KEY", "NO"),
        ],
        "KEY_COLUMN_USAGE": [
            ("refers.pk$", "x", 1, None),
            ("refers.to_two", "x", 2, 1),
            ("refers.to_two", "y", 1, 2),
            ("two.pk$", "a", 1, None),
            ("two.pk$", "b", 2, None),
        ],
        "CONSTRAINT_COLUMN_USAGE": [
            ("refers.pk$", "refers", "x"),
            ("refers.to_two", "two", "a"),
            ("refers.to_two", "two", "b"),
            ("two.pk$", "two", "a"),
            ("two.pk$", "two", "b"),
        ],
    }


def test_types_of_columns_have_their_parameters(client: bigquery.Client) -> None:
    client.create_dataset("sized")
    client.query_and_wait("CREATE TABLE sized.t (s STRING(10), n NUMERIC(5, 2), r STRUCT<a ARRAY<BYTES(3)>>)")
    sql = "SELECT data_type FROM sized.INFORMATION_SCHEMA.COLUMNS ORDER BY ordinal_position"
    types = [row["data_type"] for row in _named(client, sql)]
    assert types == ["STRING(10)", "NUMERIC(5, 2)", "STRUCT<a ARRAY<BYTES(3)>>"]


_MADE = [
    "CREATE TABLE again.u (x INT64)",
    """CREATE TABLE again.t (d DATE NOT NULL OPTIONS (description = 'the "day"'), s STRING(10) DEFAULT 'a' || "b",
       `select` NUMERIC(5, 2), r ARRAY<STRUCT<a STRING NOT NULL OPTIONS (description = 'in'), b ARRAY<INT64>>>,
       x INT64, PRIMARY KEY (s) NOT ENFORCED, FOREIGN KEY (x) REFERENCES again.u (x) NOT ENFORCED)
       PARTITION BY DATE_TRUNC(d, MONTH) CLUSTER BY s, `select`
       OPTIONS (description = 'line\\none', labels = [('a', 'b')], partition_expiration_days = 90000,
                require_partition_filter = TRUE, expiration_timestamp = TIMESTAMP '2090-01-02 03:04:05.678+00')""",
    "CREATE TABLE again.t (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(-10, 100, 5))",
    "CREATE TABLE again.t (n INT64) PARTITION BY _PARTITIONDATE",
    "CREATE TABLE again.t (n INT64) PARTITION BY TIMESTAMP_TRUNC(_PARTITIONTIME, HOUR)",
    "CREATE TABLE again.t (n TIMESTAMP) PARTITION BY TIMESTAMP_TRUNC(n, HOUR)",
    "CREATE TABLE again.t (n TIMESTAMP) PARTITION BY DATE(n)",
    "CREATE TABLE again.t (n DATETIME) PARTITION BY DATETIME_TRUNC(n, YEAR)",
    "CREATE TABLE again.t (s STRING COLLATE 'und:ci', n NUMERIC OPTIONS (rounding_mode = 'ROUND_HALF_EVEN'))",
    "CREATE VIEW again.t OPTIONS (description = 'v') AS SELECT 1 AS x, 'a' AS y",
    "CREATE MATERIALIZED VIEW again.t AS SELECT x, COUNT(*) AS n FROM again.u GROUP BY x",
    "CREATE SNAPSHOT TABLE again.t CLONE again.u OPTIONS (description = 's')",
]  # fmt: skip
_TIMES = ("creationTime", "lastModifiedTime", "etag", "snapshotDefinition")


@pytest.mark.parametrize("sql", _MADE[1:])
def test_ddl_makes_the_same_table_again(client: bigquery.Client, sql: str) -> None:
    client.create_dataset("again", exists_ok=True)
    client.query_and_wait(_MADE[0].replace("TABLE", "TABLE IF NOT EXISTS"))
    client.delete_table("again.t", not_found_ok=True)
    client.query_and_wait(sql)
    (row,) = _named(client, "SELECT ddl FROM again.INFORMATION_SCHEMA.TABLES WHERE table_name = 't'")
    before = client.get_table("again.t").to_api_repr()
    client.delete_table("again.t")
    client.query_and_wait(row["ddl"])
    after = client.get_table("again.t").to_api_repr()
    assert {**after, **dict.fromkeys(_TIMES)} == {**before, **dict.fromkeys(_TIMES)}, row["ddl"]
