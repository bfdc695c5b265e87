"""Invalid field names are refused wherever a schema comes in: files, DDL, queries and the REST API."""

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from pyarrow import orc

TOO_LONG = "x" * 320
RESERVED = ("_PARTITIONTIME", "_file_name", "_TABLE_b")
NAMES = pytest.mark.parametrize("name", [*RESERVED, TOO_LONG], ids=[*RESERVED, "320 characters"])


@pytest.fixture(scope="module", autouse=True)
def _dataset(client: bigquery.Client) -> None:
    client.create_dataset("names")


@pytest.fixture
def table() -> str:
    return f"names.t_{uuid4().hex[:8]}"


def _load(client: bigquery.Client, table: str, content: bytes, source_format: str, *, autodetect: bool = False) -> None:
    config = bigquery.LoadJobConfig(source_format=source_format, autodetect=autodetect)
    client.load_table_from_file(io.BytesIO(content), table, job_config=config).result()


def _is_missing(client: bigquery.Client, table: str) -> bool:
    return table.split(".")[1] not in {item.table_id for item in client.list_tables("names")}


def _avro(name: str) -> bytes:
    file = io.BytesIO()
    schema = {"type": "record", "name": "row", "fields": [{"name": name, "type": "long"}]}
    fastavro.writer(file, fastavro.parse_schema(schema), [{name: 1}])
    return file.getvalue()


def _nested_avro(name: str) -> bytes:
    file = io.BytesIO()
    inner = {"type": "record", "name": "inner", "fields": [{"name": name, "type": "long"}]}
    schema = {"type": "record", "name": "row", "fields": [{"name": "r", "type": inner}]}
    fastavro.writer(file, fastavro.parse_schema(schema), [{"r": {name: 1}}])
    return file.getvalue()


def _arrow(write: Callable[[pa.Table, Any], None], values: dict[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    write(pa.table(values), file)
    return file.getvalue()


FILES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "CSV header": ("CSV", lambda name: f"{name},n\nx,1\ny,2\n".encode()),
    "JSON key": ("NEWLINE_DELIMITED_JSON", lambda name: b'{"%s": 1}\n' % name.encode()),
    "nested JSON key": ("NEWLINE_DELIMITED_JSON", lambda name: b'{"r": [{"%s": 1}]}\n' % name.encode()),
    "Avro": ("AVRO", _avro),
    "nested Avro": ("AVRO", _nested_avro),
    "Parquet": ("PARQUET", lambda name: _arrow(pq.write_table, {name: [1]})),
    "nested Parquet": ("PARQUET", lambda name: _arrow(pq.write_table, {"r": [{name: 1}]})),
    "ORC": ("ORC", lambda name: _arrow(orc.write_table, {name: [1]})),
}


@NAMES
@pytest.mark.parametrize("kind", FILES)
def test_load_refuses_a_field_of_a_file(client: bigquery.Client, table: str, kind: str, name: str) -> None:
    source_format, content = FILES[kind]
    with pytest.raises(BadRequest, match="Invalid field name"):
        _load(client, table, content(name), source_format, autodetect=True)
    assert _is_missing(client, table)


def test_load_refuses_a_field_that_a_file_would_add(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"CREATE TABLE {table} (a INT64)")
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", autodetect=True, schema_update_options=["ALLOW_FIELD_ADDITION"]
    )
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.load_table_from_file(io.BytesIO(b'{"a": 1, "_FILE_NAME": 2}\n'), table, job_config=config).result()
    assert [field.name for field in client.get_table(table).schema] == ["a"]


def test_autodetection_replaces_characters_that_no_name_has(client: bigquery.Client, table: str) -> None:
    _load(client, table, b"a.b,total (EUR)\nx,1\ny,2\n", "CSV", autodetect=True)
    assert [field.name for field in client.get_table(table).schema] == ["a_b", "total__EUR_"]


STATEMENTS = {
    "column list": "CREATE TABLE {table} (`{name}` INT64)",
    "column list, nested": "CREATE TABLE {table} (r ARRAY<STRUCT<`{name}` INT64>>)",
    "CREATE TABLE AS": "CREATE TABLE {table} AS SELECT 1 AS `{name}`",
    "CREATE TABLE AS, nested": "CREATE TABLE {table} AS SELECT STRUCT(1 AS `{name}`) AS r",
    "view": "CREATE VIEW {table} AS SELECT 1 AS `{name}`",
    "view, nested": "CREATE VIEW {table} AS SELECT STRUCT(1 AS `{name}`) AS r",
    "column list of a view": "CREATE VIEW {table} (`{name}`) AS SELECT 1",
    "materialized view": "CREATE MATERIALIZED VIEW {table} AS SELECT 1 AS `{name}`",
    "result": "SELECT 1 AS `{name}`",
    "result, nested": "SELECT [STRUCT(1 AS `{name}`)] AS r",
}


@NAMES
@pytest.mark.parametrize("kind", STATEMENTS)
def test_statement_refuses_a_field(client: bigquery.Client, table: str, kind: str, name: str) -> None:
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.query_and_wait(STATEMENTS[kind].format(table=table, name=name))
    assert _is_missing(client, table)


@NAMES
@pytest.mark.parametrize(
    "action", ["RENAME COLUMN a TO `{name}`", "ADD COLUMN `{name}` INT64", "ADD COLUMN r STRUCT<`{name}` INT64>"]
)
def test_alter_table_refuses_a_field(client: bigquery.Client, table: str, action: str, name: str) -> None:
    client.query_and_wait(f"CREATE TABLE {table} AS SELECT 1 AS a")
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.query_and_wait(f"ALTER TABLE {table} {action.format(name=name)}")
    assert [field.name for field in client.get_table(table).schema] == ["a"]
    assert [tuple(row) for row in client.query_and_wait(f"SELECT a FROM {table}")] == [(1,)]


def test_alter_table_refuses_the_name_of_a_table(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"CREATE TABLE {table} AS SELECT 1 AS a")
    with pytest.raises(BadRequest, match="Invalid table ID"):
        client.query_and_wait(f"ALTER TABLE {table} RENAME TO `a/b`")
    assert client.get_table(table).num_rows == 1


@NAMES
@pytest.mark.parametrize("query", ["SELECT 1 AS `{name}`", "SELECT STRUCT(1 AS `{name}`) AS r"], ids=["top", "nested"])
def test_destination_table_refuses_a_field(client: bigquery.Client, table: str, query: str, name: str) -> None:
    config = bigquery.QueryJobConfig(destination=f"{client.project}.{table}")
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.query_and_wait(query.format(name=name), job_config=config)
    assert _is_missing(client, table)


def _resource(client: bigquery.Client, table: str, *fields: bigquery.SchemaField) -> bigquery.Table:
    return bigquery.Table(f"{client.project}.{table}", schema=fields)


@NAMES
def test_insert_of_a_table_refuses_a_field(client: bigquery.Client, table: str, name: str) -> None:
    bad = bigquery.SchemaField(name, "INT64")
    for field in (bad, bigquery.SchemaField("r", "RECORD", fields=[bad])):
        with pytest.raises(BadRequest, match="Invalid field name"):
            client.create_table(_resource(client, table, field))
    view = bigquery.Table(f"{client.project}.{table}")
    view.view_query = f"SELECT 1 AS `{name}`"
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.create_table(view)
    assert _is_missing(client, table)


@NAMES
def test_change_of_a_table_refuses_a_field(client: bigquery.Client, table: str, name: str) -> None:
    kept = bigquery.SchemaField("a", "INT64")
    made = client.create_table(_resource(client, table, kept))
    made.schema = [kept, bigquery.SchemaField(name, "INT64")]
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.update_table(made, ["schema"])
    assert [field.name for field in client.get_table(table).schema] == ["a"]
