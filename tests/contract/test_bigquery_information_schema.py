"""INFORMATION_SCHEMA and `__TABLES__`: what they say of tables, by dataset and by region."""

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


def test_what_there_is_not_is_named(client: bigquery.Client) -> None:
    with pytest.raises(NotFound, match="Not found: Dataset test-project:none"):
        client.query_and_wait("SELECT * FROM none.INFORMATION_SCHEMA.TABLES")
    with pytest.raises(BadRequest, match=r"does not support INFORMATION_SCHEMA.JOBS"):
        client.query_and_wait("SELECT * FROM `region-us`.INFORMATION_SCHEMA.JOBS")
    with pytest.raises(BadRequest, match="must be qualified with a dataset"):
        client.query_and_wait("SELECT * FROM INFORMATION_SCHEMA.TABLES")
