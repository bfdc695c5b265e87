"""DDL of BigQuery through google-cloud-bigquery: its effects, and the statistics of its jobs."""

from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> str:
    name = f"ddl_{uuid4().hex[:8]}"
    client.create_dataset(name)
    return name


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    name = f"{dataset}.t_{uuid4().hex[:8]}"
    sql = f"""CREATE TABLE {name} (id INT64 NOT NULL, name STRING(10), tags ARRAY<STRING>, amount NUMERIC(5, 2))
              CLUSTER BY id OPTIONS (description = 'first', labels = [('team', 'ml')]);
              INSERT INTO {name} VALUES (1, 'one', ['a'], 1.5), (2, 'two', [], NULL)"""
    client.query(sql).result()
    return name


def _run(client: bigquery.Client, sql: str) -> bigquery.QueryJob:
    job = client.query(sql)
    job.result()
    return job


def _rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query(sql).result()]


def _columns(client: bigquery.Client, table: str) -> list[tuple[str, str, str]]:
    return [(field.name, field.field_type, field.mode) for field in client.get_table(table).schema]


@pytest.mark.parametrize(
    ("sql", "kind", "operation"),
    [
        ("CREATE TABLE IF NOT EXISTS {t} (id INT64)", "CREATE_TABLE", "SKIP"),
        ("CREATE OR REPLACE TABLE {t} (id INT64)", "CREATE_TABLE", "REPLACE"),
        ("CREATE TABLE {t}_2 AS SELECT 1 AS x", "CREATE_TABLE_AS_SELECT", "CREATE"),
        ("CREATE TABLE {t}_2 LIKE {t}", "CREATE_TABLE", "CREATE"),
        ("CREATE TABLE {t}_2 COPY {t}", "CREATE_TABLE", "CREATE"),
        ("CREATE TABLE {t}_2 CLONE {t}", "CREATE_TABLE", "CREATE"),
        ("CREATE SNAPSHOT TABLE {t}_2 CLONE {t}", "CREATE_SNAPSHOT_TABLE", "CREATE"),
        ("CREATE VIEW {t}_2 AS SELECT id FROM {t}", "CREATE_VIEW", "CREATE"),
        ("CREATE MATERIALIZED VIEW {t}_2 AS SELECT id FROM {t}", "CREATE_MATERIALIZED_VIEW", "CREATE"),
        ("ALTER TABLE {t} ADD COLUMN x INT64", "ALTER_TABLE", "ALTER"),
        ("ALTER TABLE {t} SET OPTIONS (description = 'x')", "ALTER_TABLE", "ALTER"),
        ("ALTER TABLE IF EXISTS {t}_none DROP COLUMN x", "ALTER_TABLE", "SKIP"),
        ("DROP TABLE {t}", "DROP_TABLE", "DROP"),
        ("DROP TABLE IF EXISTS {t}_none", "DROP_TABLE", "SKIP"),
        ("DROP SNAPSHOT TABLE IF EXISTS {t}_none", "DROP_SNAPSHOT_TABLE", "SKIP"),
    ],
)
def test_statistics_name_the_operation(
    client: bigquery.Client, table: str, sql: str, kind: str, operation: str
) -> None:
    job = _run(client, sql.format(t=table))
    assert (job.statement_type, job.ddl_operation_performed) == (kind, operation)
    assert job.ddl_target_table is not None
    assert job.ddl_target_table.table_id.startswith(table.split(".")[1])


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ("ADD COLUMN x DATE, ADD COLUMN y ARRAY<INT64>", [("x", "DATE", "NULLABLE"), ("y", "INTEGER", "REPEATED")]),
        ("ADD COLUMN IF NOT EXISTS name STRING", []),
        ("ADD COLUMN r STRUCT<a INT64, b STRING(3)>", [("r", "RECORD", "NULLABLE")]),
    ],
)
def test_column_is_added(client: bigquery.Client, table: str, change: str, columns: list[tuple[str, str, str]]) -> None:
    _run(client, f"ALTER TABLE {table} {change}")
    assert _columns(client, table)[4:] == columns
    assert _rows(client, f"SELECT COUNT(*) FROM {table}") == [(2,)]


def test_column_is_renamed_and_dropped(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} RENAME COLUMN name TO title")
    _run(client, f"ALTER TABLE {table} DROP COLUMN tags, DROP COLUMN IF EXISTS none")
    assert [name for name, _, _ in _columns(client, table)] == ["id", "title", "amount"]
    assert _rows(client, f"SELECT title FROM {table} ORDER BY id") == [("one",), ("two",)]


def test_type_of_a_column_is_widened(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} ALTER COLUMN amount SET DATA TYPE BIGNUMERIC")
    _run(client, f"ALTER TABLE {table} ALTER COLUMN name SET DATA TYPE STRING(20)")
    fields = {field.name: field for field in client.get_table(table).schema}
    assert (fields["amount"].field_type, fields["amount"].precision) == ("BIGNUMERIC", None)
    assert fields["name"].max_length == 20
    assert _rows(client, f"SELECT amount * 2 FROM {table} WHERE id = 1") == [(3,)]


def test_column_becomes_nullable(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} ALTER COLUMN id DROP NOT NULL")
    assert _columns(client, table)[0] == ("id", "INTEGER", "NULLABLE")
    _run(client, f"INSERT INTO {table} (name) VALUES ('x')")


def test_default_of_a_column(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} ALTER COLUMN name SET DEFAULT 'none'")
    assert client.get_table(table).schema[1].default_value_expression == "'none'"
    _run(client, f"ALTER TABLE {table} ALTER COLUMN name DROP DEFAULT")
    assert client.get_table(table).schema[1].default_value_expression is None


def test_description_of_a_column(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} ALTER COLUMN name SET OPTIONS (description = 'the name')")
    assert client.get_table(table).schema[1].description == "the name"


def test_options_of_a_table_are_set_one_by_one(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} SET OPTIONS (friendly_name = 'T', description = NULL)")
    found = client.get_table(table)
    assert (found.friendly_name, found.description, found.labels) == ("T", None, {"team": "ml"})


def test_table_is_renamed(client: bigquery.Client, table: str) -> None:
    _run(client, f"ALTER TABLE {table} RENAME TO renamed_{table.split('.')[1]}")
    dataset, name = table.split(".")
    assert client.get_table(f"{dataset}.renamed_{name}").num_rows == 2
    with pytest.raises(NotFound):
        client.get_table(table)


def test_keys_are_stored_as_metadata(client: bigquery.Client, dataset: str) -> None:
    name = f"{dataset}.keyed"
    _run(client, f"CREATE TABLE {name} (a INT64, b STRING, PRIMARY KEY (a, b) NOT ENFORCED)")
    constraints = client.get_table(name).table_constraints
    assert constraints is not None
    assert constraints.primary_key is not None
    assert constraints.primary_key.columns == ["a", "b"]


@pytest.mark.parametrize(("word", "rows"), [("LIKE", 0), ("COPY", 2), ("CLONE", 2)])
def test_table_like_another(client: bigquery.Client, table: str, word: str, rows: int) -> None:
    _run(client, f"CREATE TABLE {table}_2 {word} {table}")
    made, source = client.get_table(f"{table}_2"), client.get_table(table)
    assert (made.schema, made.clustering_fields, made.num_rows) == (source.schema, ["id"], rows)


def test_snapshot_keeps_its_rows_and_can_be_restored(client: bigquery.Client, table: str) -> None:
    _run(client, f"CREATE SNAPSHOT TABLE {table}_s CLONE {table} OPTIONS (description = 'then')")
    snapshot = client.get_table(f"{table}_s")
    assert (snapshot.table_type, snapshot.description) == ("SNAPSHOT", "then")
    assert snapshot.snapshot_definition is not None
    assert snapshot.snapshot_definition.base_table_reference.table_id == table.split(".")[1]
    _run(client, f"DELETE FROM {table} WHERE TRUE")
    with pytest.raises(BadRequest, match="snapshot"):
        _run(client, f"DELETE FROM {table}_s WHERE TRUE")
    _run(client, f"CREATE OR REPLACE TABLE {table} CLONE {table}_s")
    assert (client.get_table(table).table_type, client.get_table(table).num_rows) == ("TABLE", 2)
    _run(client, f"DROP SNAPSHOT TABLE {table}_s")


def test_view_with_a_column_list(client: bigquery.Client, table: str) -> None:
    _run(client, f"CREATE VIEW {table}_v (a OPTIONS (description = 'first'), b) AS SELECT id, name FROM {table}")
    schema = client.get_table(f"{table}_v").schema
    assert [(field.name, field.description) for field in schema] == [("a", "first"), ("b", None)]
    assert _rows(client, f"SELECT b FROM {table}_v WHERE a = 2") == [("two",)]
    _run(client, f"ALTER VIEW {table}_v SET OPTIONS (description = 'a view')")
    assert client.get_table(f"{table}_v").description == "a view"


def test_materialized_view_reads_current_rows(client: bigquery.Client, table: str) -> None:
    _run(client, f"CREATE MATERIALIZED VIEW {table}_m AS SELECT COUNT(*) AS n FROM {table}")
    assert client.get_table(f"{table}_m").table_type == "MATERIALIZED_VIEW"
    _run(client, f"DELETE FROM {table} WHERE id = 1")
    assert _rows(client, f"SELECT n FROM {table}_m") == [(1,)]
    _run(client, f"DROP MATERIALIZED VIEW {table}_m")


def test_schema_with_options(client: bigquery.Client) -> None:
    _run(client, "CREATE SCHEMA with_options OPTIONS (location = 'EU', description = 'd', labels = [('a', 'b')])")
    found = client.get_dataset("with_options")
    assert (found.location, found.description, found.labels) == ("EU", "d", {"a": "b"})
    _run(client, "ALTER SCHEMA with_options SET OPTIONS (description = 'e', default_table_expiration_days = 1)")
    found = client.get_dataset("with_options")
    assert (found.description, found.default_table_expiration_ms) == ("e", 86_400_000)
    _run(client, "CREATE TABLE with_options.t (x INT64); DROP SCHEMA with_options CASCADE")
    assert _run(client, "DROP SCHEMA IF EXISTS with_options").ddl_operation_performed == "SKIP"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER TABLE {t} ADD COLUMN name STRING", "Column already exists: name"),
        ("ALTER TABLE {t} ADD COLUMN x INT64 NOT NULL", "Cannot add required columns"),
        ("ALTER TABLE {t} DROP COLUMN none", "Column not found: none"),
        ("ALTER TABLE {t} DROP COLUMN id", "used for partitioning or clustering"),
        (
            "ALTER TABLE {t} ALTER COLUMN name SET DATA TYPE INT64",
            r"type \(STRING\(10\)\) is assignable",
        ),
        ("ALTER TABLE {t} ALTER COLUMN name SET DATA TYPE STRING(5)", "is assignable to the new type"),
        ("ALTER TABLE {t} SET OPTIONS (colour = 'red')", "Unknown option: colour"),
        ("CREATE TABLE {t}_x (a INT64, A STRING)", "Duplicate column"),
        ("CREATE TABLE {t}_x (a GEOGRAPHY)", "GEOGRAPHY"),
        ("CREATE TABLE {t}_x (a STRING) AS SELECT 1 AS a", "Query column 1 has type INT64 which cannot be inserted"),
        ("DROP VIEW {t}", "is not of type VIEW"),
    ],
)
def test_invalid_statement_is_refused(client: bigquery.Client, table: str, sql: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        _run(client, sql.format(t=table))


def test_existing_name_is_a_conflict(client: bigquery.Client, table: str) -> None:
    with pytest.raises(Conflict, match="Already Exists: Table"):
        _run(client, f"CREATE TABLE {table} (x INT64)")
