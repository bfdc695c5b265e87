"""Load jobs of BigQuery through google-cloud-bigquery: formats, options, schemas and bad records."""

import gzip
import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from pyarrow import orc

from tests.local_cloud import LocalCloud

_NAME_AND_AGE = [bigquery.SchemaField("name", "STRING"), bigquery.SchemaField("age", "INT64")]


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("loads")
    return made


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> storage.Bucket:
    return storage.Client(project=localgcp.project, credentials=AnonymousCredentials()).create_bucket("load-files")


@pytest.fixture
def table() -> str:
    return f"loads.t_{uuid4().hex[:8]}"


def _load(client: bigquery.Client, table: str, content: bytes | str, kind: str, **config: Any) -> bigquery.LoadJob:
    data = content.encode() if isinstance(content, str) else content
    properties = {key: value for key, value in config.items() if key[0].isupper()}
    options = bigquery.LoadJobConfig(
        source_format=kind, **{key: value for key, value in config.items() if key not in properties}
    )
    for key, value in properties.items():
        options._set_sub_prop(key[0].lower() + key[1:], value)
    job = client.load_table_from_file(io.BytesIO(data), table, job_config=options)
    job.result()
    return job


def _rows(client: bigquery.Client, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.list_rows(table)]


def _schema(client: bigquery.Client, table: str) -> str:
    return ", ".join(_described(field) for field in client.get_table(table).schema)


def _described(field: bigquery.SchemaField) -> str:
    inner = "{" + ", ".join(map(_described, field.fields)) + "}" if field.fields else ""
    mode = {"NULLABLE": "", "REQUIRED": "!", "REPEATED": "[]"}[field.mode]
    return f"{field.name} {field.field_type}{inner}{mode}"


# Avro


_AVRO = {
    "type": "record",
    "name": "Root",
    "fields": [
        {"name": "i", "type": "long"},
        {"name": "s", "type": ["null", "string"]},
        {"name": "d", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "t", "type": {"type": "long", "logicalType": "time-micros"}},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "r", "type": ["null", {"type": "record", "name": "R", "fields": [{"name": "x", "type": "double"}]}]},
        {"name": "m", "type": {"type": "map", "values": "int"}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    ],
}
_AVRO_ROWS: list[dict[str, Any]] = [
    {
        "i": 1, "s": "x", "d": date(2020, 1, 2), "t": time(3, 4, 5), "ts": datetime(2020, 1, 2, tzinfo=UTC),
        "n": Decimal("1.25"), "tags": ["a", "b"], "r": {"x": 0.5}, "m": {"k": 7}, "e": "B",
    },
    {
        "i": 2, "s": None, "d": None, "t": time(0), "ts": datetime(1970, 1, 1, tzinfo=UTC), "n": Decimal(0),
        "tags": [], "r": None, "m": {}, "e": "A",
    },
]  # fmt: skip


def _avro(schema: dict[str, Any] | None = None, rows: list[dict[str, Any]] | None = None, codec: str = "null") -> bytes:
    made = io.BytesIO()
    fastavro.writer(made, schema or _AVRO, _AVRO_ROWS if rows is None else rows, codec=codec)
    return made.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_avro_schema_becomes_the_schema_of_the_table(client: bigquery.Client, table: str, codec: str) -> None:
    _load(client, table, _avro(codec=codec), "AVRO", use_avro_logical_types=True)
    assert _schema(client, table) == (
        "i INTEGER!, s STRING, d DATE, t TIME!, ts TIMESTAMP!, n NUMERIC!, tags STRING[], r RECORD{x FLOAT!}, "
        "m RECORD{key STRING!, value INTEGER!}[], e STRING!"
    )
    assert _rows(client, table) == [
        (
            1, "x", date(2020, 1, 2), time(3, 4, 5), datetime(2020, 1, 2, tzinfo=UTC), Decimal("1.25"), ["a", "b"],
            {"x": 0.5}, [{"key": "k", "value": 7}], "B",
        ),
        (2, None, None, time(0), datetime(1970, 1, 1, tzinfo=UTC), Decimal(0), [], None, [], "A"),
    ]  # fmt: skip


def test_avro_logical_types_are_loaded_as_numbers_by_default(client: bigquery.Client, table: str) -> None:
    _load(client, table, _avro(), "AVRO")
    first = client.list_rows(table).to_dataframe(create_bqstorage_client=False).iloc[0]
    micros = (3 * 3600 + 4 * 60 + 5) * 1_000_000
    assert (first.d, first.t, first.ts, first.n) == (18263, micros, 1577923200000, Decimal("1.25"))


def test_avro_types_that_a_table_cannot_hold_are_refused(client: bigquery.Client, table: str) -> None:
    several = {"type": "record", "name": "Root", "fields": [{"name": "u", "type": ["int", "string"]}]}
    with pytest.raises(BadRequest, match=r"unions of several types \(field u\)"):
        _load(client, table, _avro(several, []), "AVRO")
    lists = {"type": "array", "items": {"type": "array", "items": "int"}}
    with pytest.raises(BadRequest, match="field a is an array of arrays"):
        _load(
            client,
            table,
            _avro({"type": "record", "name": "Root", "fields": [{"name": "a", "type": lists}]}, []),
            "AVRO",
        )
    with pytest.raises(BadRequest, match="Apache Avro library failed"):
        _load(client, table, b"no avro", "AVRO")


def test_avro_large_decimals_follow_the_target_types(client: bigquery.Client, table: str) -> None:
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 12}
    content = _avro(
        {"type": "record", "name": "Root", "fields": [{"name": "n", "type": kind}]}, [{"n": Decimal("1.5")}]
    )
    for targets, expected in ((["NUMERIC", "STRING"], "STRING"), (["NUMERIC"], "NUMERIC")):
        _load(client, table, content, "AVRO", decimal_target_types=targets, write_disposition="WRITE_TRUNCATE")
        assert _schema(client, table) == f"n {expected}!"


# ORC and Parquet


def test_orc_is_loaded_stripe_by_stripe(client: bigquery.Client, table: str) -> None:
    made = io.BytesIO()
    orc.write_table(pa.table({"i": [1, 2], "l": [["a"], []], "r": [{"x": 1.5}, None]}), made)
    _load(client, table, made.getvalue(), "ORC")
    assert _schema(client, table) == "i INTEGER, l STRING[], r RECORD{x FLOAT}"
    assert _rows(client, table) == [(1, ["a"], {"x": 1.5}), (2, [], None)]


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made, **options)
    return made.getvalue()


def test_parquet_types(client: bigquery.Client, table: str) -> None:
    moment = datetime(2020, 1, 2, 3, 4, 5, 6000)
    content = _parquet(
        {
            "d": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
            "big": pa.array([Decimal("1.5")], pa.decimal128(38, 12)),
            "ms": pa.array([moment], pa.timestamp("ms")),
            "utc": pa.array([moment], pa.timestamp("us", tz="UTC")),
            "b": pa.array([b"x"]),
            "r": pa.array([{"x": [1, 2]}]),
        }
    )
    _load(
        client, table, content, "PARQUET", decimal_target_types=["NUMERIC", "STRING"],
        ParquetOptions={"enableListInference": True},
    )  # fmt: skip
    assert _schema(client, table) == (
        "d NUMERIC, big STRING, ms DATETIME, utc TIMESTAMP, b BYTES, r RECORD{x INTEGER[]}"
    )


def test_parquet_int96_is_a_timestamp(client: bigquery.Client, table: str) -> None:
    content = _parquet(
        {"t": pa.array([datetime(2020, 1, 2)], pa.timestamp("ns"))}, use_deprecated_int96_timestamps=True
    )
    _load(client, table, content, "PARQUET")
    assert _rows(client, table) == [(datetime(2020, 1, 2, tzinfo=UTC),)]


@pytest.mark.parametrize(
    ("infers", "expected"), [(True, "l STRING[]"), (False, "l RECORD{list RECORD{element STRING}[]}")]
)
def test_parquet_lists_are_inferred_with_the_option(
    client: bigquery.Client, table: str, infers: bool, expected: str
) -> None:
    _load(
        client, table, _parquet({"l": [["a"]]}), "PARQUET", ParquetOptions={"enableListInference": infers}
    )  # fmt: skip
    assert _schema(client, table) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ARRAY_OF_STRUCT", "m RECORD{key STRING, value INTEGER}[]"),
        (None, "m RECORD{key_value RECORD{key STRING, value INTEGER}[]}"),
    ],
)
def test_parquet_maps(client: bigquery.Client, table: str, target: str | None, expected: str) -> None:
    content = _parquet({"m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))})
    _load(client, table, content, "PARQUET", ParquetOptions={"mapTargetType": target} if target else {})
    assert _schema(client, table) == expected


def test_missing_parquet_columns_are_null_and_extra_ones_refused(client: bigquery.Client, table: str) -> None:
    schema = [bigquery.SchemaField("a", "INT64"), bigquery.SchemaField("b", "STRING")]
    _load(client, table, _parquet({"a": [1]}), "PARQUET", schema=schema)
    with pytest.raises(BadRequest, match=r"Cannot add fields \(field: c\)"):
        _load(client, table, _parquet({"a": [1], "c": [2]}), "PARQUET")
    _load(client, table, _parquet({"a": [2], "c": [2]}), "PARQUET", schema=schema, ignore_unknown_values=True)
    assert _rows(client, table) == [(1, None), (2, None)]


# NDJSON


def test_nested_json_is_loaded_and_bad_records_are_named(
    client: bigquery.Client, bucket: storage.Bucket, table: str
) -> None:
    lines = ['{"n": "1", "tags": ["a"], "r": [{"x": 1.5}]}', '{"n": 2.5}', "{broken", '{"typo": 1}', "", '{"N": 3}']
    bucket.blob("nested.json.gz").upload_from_string(gzip.compress("\n".join(lines).encode()))
    schema = [
        bigquery.SchemaField("n", "INT64"),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
        bigquery.SchemaField("r", "RECORD", mode="REPEATED", fields=[bigquery.SchemaField("x", "FLOAT64")]),
    ]
    uri = f"gs://{bucket.name}/nested.json.gz"
    options = bigquery.LoadJobConfig(schema=schema, source_format="NEWLINE_DELIMITED_JSON", max_bad_records=3)
    job = client.load_table_from_uri(uri, table, job_config=options)
    job.result()
    assert _rows(client, table) == [(1, ["a"], [{"x": 1.5}]), (3, [], [])]
    statistics = job._properties["statistics"]["load"]
    assert (statistics["badRecords"], statistics["outputRows"], statistics["inputFiles"]) == ("3", "2", "1")
    messages = [error["message"].split("position ")[1].split(" File:")[0] for error in job.errors]
    assert messages[0] == "45: Could not convert value to integer. Field: n; Value: 2.5"
    assert messages[1].startswith("56: Parser terminated before end of string")
    assert messages[2] == "64: No such field: typo."
    assert {(error["reason"], error["location"]) for error in job.errors} == {("invalid", uri)}


def test_too_many_bad_json_records_fail_the_job(client: bigquery.Client, table: str) -> None:
    with pytest.raises(
        BadRequest, match=r"JSON table encountered too many errors, giving up\. Rows: 1; errors: 1\."
    ) as caught:
        _load(client, table, '{"name": "x", "age": "y"}', "NEWLINE_DELIMITED_JSON", schema=_NAME_AND_AGE)
    assert "Could not convert value to integer. Field: age; Value: y" in str(caught.value)


def test_unknown_json_values_are_ignored_with_the_option(client: bigquery.Client, table: str) -> None:
    text = '{"name": "x", "age": 1, "more": {"a": 1}}'
    _load(client, table, text, "NEWLINE_DELIMITED_JSON", schema=_NAME_AND_AGE, ignore_unknown_values=True)
    assert _rows(client, table) == [("x", 1)]


def test_schema_of_nested_json_is_detected(client: bigquery.Client, table: str) -> None:
    records = [
        {"a": 1, "r": {"x": "2020-01-02", "l": [{"y": 1.5}]}, "z": "007"},
        {"a": 1.5, "b": True, "r": {"w": "q"}},
    ]
    _load(client, table, "\n".join(map(json.dumps, records)), "NEWLINE_DELIMITED_JSON", autodetect=True)
    assert _schema(client, table) == ("a FLOAT, r RECORD{x DATE, l RECORD{y FLOAT}[], w STRING}, z INTEGER, b BOOLEAN")


def test_geojson_is_refused(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match="jsonExtension GEOJSON"):
        _load(client, table, "{}", "NEWLINE_DELIMITED_JSON", schema=_NAME_AND_AGE, JsonExtension="GEOJSON")


# CSV


def test_bad_csv_records_are_counted_and_named(client: bigquery.Client, bucket: storage.Bucket, table: str) -> None:
    bucket.blob("bad.csv").upload_from_string("name,age\nann,1\nbob,x\ncid\ndan,4\n")
    uri = f"gs://{bucket.name}/bad.csv"
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE, skip_leading_rows=1, max_bad_records=2)
    job = client.load_table_from_uri(uri, table, job_config=options)
    job.result()
    assert _rows(client, table) == [("ann", 1), ("dan", 4)]
    assert job._properties["statistics"]["load"]["badRecords"] == "2"
    assert [error["location"] for error in job.errors] == [uri, uri]
    assert "line_number: 3 byte_offset_to_start_of_line: 15" in job.errors[0]["message"]


def test_quoted_newlines_need_the_option(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match="Missing close quote character"):
        _load(client, table, '"a\nb",1\n', "CSV", schema=_NAME_AND_AGE)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("ProjectionFields", ["a"]), ("ConnectionProperties", [{"key": "session_id", "value": "s"}]),
        ("CopyFilesOnly", True), ("FieldDelimiter", "||"), ("DateFormat", "Q"), ("SourceFormat", "DATASTORE_BACKUP"),
    ],
)  # fmt: skip
def test_error_names_an_unsupported_option(client: bigquery.Client, table: str, option: str, value: object) -> None:
    named = "DATASTORE_BACKUP" if option == "SourceFormat" else option[0].lower() + option[1:]
    with pytest.raises(BadRequest, match=named):
        _load(client, table, "a,1\n", "CSV", schema=_NAME_AND_AGE, **{option: value})


def test_hive_partitions_are_columns(client: bigquery.Client, bucket: storage.Bucket, table: str) -> None:
    for day, country in (("2020-01-01", "CH"), ("2020-01-02", "US")):
        bucket.blob(f"hive/dt={day}/country={country}/f.csv").upload_from_string(f"{country.lower()},1\n")
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE)
    partitioning = bigquery.HivePartitioningOptions()
    partitioning.mode, partitioning.source_uri_prefix = "AUTO", f"gs://{bucket.name}/hive"
    options.hive_partitioning = partitioning
    client.load_table_from_uri(f"gs://{bucket.name}/hive/*", table, job_config=options).result()
    assert sorted(_rows(client, table)) == [("ch", 1, date(2020, 1, 1), "CH"), ("us", 1, date(2020, 1, 2), "US")]


def test_error_names_the_file_of_a_bad_record_in_hive_partitions(
    client: bigquery.Client, bucket: storage.Bucket, table: str
) -> None:
    for day, line in (("2020-01-01", "ann,1\n"), ("2020-01-02", "bob,x\n")):
        bucket.blob(f"bad_hive/dt={day}/f.csv").upload_from_string(line)
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE)
    partitioning = bigquery.HivePartitioningOptions()
    partitioning.mode, partitioning.source_uri_prefix = "AUTO", f"gs://{bucket.name}/bad_hive"
    options.hive_partitioning = partitioning
    job = client.load_table_from_uri(f"gs://{bucket.name}/bad_hive/*", table, job_config=options)
    with pytest.raises(BadRequest, match=r"dt=2020-01-02/f\.csv"):
        job.result()
    assert any("Could not parse 'x' as INT64" in error["message"] for error in job.errors)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"gs://\n", b"\n"])
def test_invalid_manifest_is_refused(
    client: bigquery.Client, bucket: storage.Bucket, table: str, content: bytes
) -> None:
    bucket.blob("no_manifest").upload_from_string(content)
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE)
    options._set_sub_prop("fileSetSpecType", "FILE_SET_SPEC_TYPE_NEW_LINE_DELIMITED_MANIFEST")
    with pytest.raises(BadRequest):
        client.load_table_from_uri(f"gs://{bucket.name}/no_manifest", table, job_config=options).result()


def test_manifest_names_the_files(client: bigquery.Client, bucket: storage.Bucket, table: str) -> None:
    bucket.blob("m/1.csv").upload_from_string("ann,1\n")
    bucket.blob("manifest").upload_from_string(f"gs://{bucket.name}/m/1.csv\n")
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE)
    options._set_sub_prop("fileSetSpecType", "FILE_SET_SPEC_TYPE_NEW_LINE_DELIMITED_MANIFEST")
    client.load_table_from_uri(f"gs://{bucket.name}/manifest", table, job_config=options).result()
    assert _rows(client, table) == [("ann", 1)]


# Schemas that change


def test_fields_are_added_and_relaxed_with_the_options(client: bigquery.Client, table: str) -> None:
    first = [
        bigquery.SchemaField("a", "INT64", mode="REQUIRED"),
        bigquery.SchemaField("r", "RECORD", fields=[bigquery.SchemaField("x", "INT64")]),
    ]
    inner = [bigquery.SchemaField("x", "INT64"), bigquery.SchemaField("y", "STRING")]
    second = [bigquery.SchemaField("a", "INT64"), bigquery.SchemaField("r", "RECORD", fields=inner)]
    _load(client, table, '{"a": 1, "r": {"x": 1}}', "NEWLINE_DELIMITED_JSON", schema=first)
    text = '{"r": {"x": 2, "y": "q"}}'
    with pytest.raises(BadRequest, match="Field a has changed mode from REQUIRED to NULLABLE"):
        _load(client, table, text, "NEWLINE_DELIMITED_JSON", schema=second)
    relax = ["ALLOW_FIELD_RELAXATION"]
    with pytest.raises(BadRequest, match=r"Cannot add fields \(field: r.y\)"):
        _load(client, table, text, "NEWLINE_DELIMITED_JSON", schema=second, schema_update_options=relax)
    both = [*relax, "ALLOW_FIELD_ADDITION"]
    _load(client, table, text, "NEWLINE_DELIMITED_JSON", schema=second, schema_update_options=both)
    assert _schema(client, table) == "a INTEGER, r RECORD{x INTEGER, y STRING}"
    assert _rows(client, table) == [(1, {"x": 1, "y": None}), (None, {"x": 2, "y": "q"})]


def test_failed_load_adds_no_field(client: bigquery.Client, table: str) -> None:
    _load(client, table, "ann,1\n", "CSV", schema=_NAME_AND_AGE)
    schema = [*_NAME_AND_AGE, bigquery.SchemaField("more", "INT64")]
    options = {"schema": schema, "schema_update_options": ["ALLOW_FIELD_ADDITION"]}
    with pytest.raises(BadRequest):
        _load(client, table, "bob,2,x\n", "CSV", **options)
    assert _schema(client, table) == "name STRING, age INTEGER"
    _load(client, table, "bob,2,3\n", "CSV", **options)
    assert _rows(client, table) == [("ann", 1, None), ("bob", 2, 3)]


def _described_table(client: bigquery.Client, table: str) -> bigquery.Table:
    made = bigquery.Table(f"{client.project}.{table}", schema=[bigquery.SchemaField("n", "INT64", description="count")])
    made.clustering_fields = ["n"]
    client.create_table(made)
    client.query_and_wait(f"INSERT {table} VALUES (1), (2)")
    return made


@pytest.mark.parametrize("kind", ["load", "query"])
def test_write_truncate_data_replaces_the_rows_and_keeps_the_schema(
    client: bigquery.Client, table: str, kind: str
) -> None:
    _described_table(client, table)
    if kind == "load":
        _load(client, table, '{"n": 3}\n', "NEWLINE_DELIMITED_JSON", write_disposition="WRITE_TRUNCATE_DATA")
    else:
        config = bigquery.QueryJobConfig(
            destination=f"{client.project}.{table}", write_disposition="WRITE_TRUNCATE_DATA"
        )
        client.query("SELECT 3 AS n", job_config=config).result()
    found = client.get_table(table)
    assert _rows(client, table) == [(3,)]
    assert (found.schema[0].description, found.clustering_fields) == ("count", ["n"])


def test_write_truncate_data_with_other_columns_leaves_the_table_unchanged(client: bigquery.Client, table: str) -> None:
    _described_table(client, table)
    config = bigquery.QueryJobConfig(destination=f"{client.project}.{table}", write_disposition="WRITE_TRUNCATE_DATA")
    with pytest.raises(BadRequest, match=r"Cannot add fields \(field: m\)"):
        client.query("SELECT 3 AS m", job_config=config).result()
    assert _rows(client, table) == [(1,), (2,)]


def test_unknown_write_disposition_is_refused(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match="Invalid value for writeDisposition: WRITE_ALL is not a valid value"):
        _load(client, table, '{"n": 3}\n', "NEWLINE_DELIMITED_JSON", autodetect=True, write_disposition="WRITE_ALL")


@pytest.mark.parametrize(("reference", "expected"), [("narrow", ["a"]), ("wide", ["a", "b"])])
def test_reference_file_gives_the_schema(
    client: bigquery.Client, bucket: storage.Bucket, table: str, reference: str, expected: list[str]
) -> None:
    folder = uuid4().hex
    for name, columns in (("narrow", {"a": [1]}), ("wide", {"a": [2], "b": ["x"]})):
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file)
        bucket.blob(f"{folder}/{name}").upload_from_string(file.getvalue())
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    config.reference_file_schema_uri = f"gs://{bucket.name}/{folder}/{reference}"
    client.load_table_from_uri(f"gs://{bucket.name}/{folder}/*", table, job_config=config).result()
    assert [field.name for field in client.get_table(table).schema] == expected
    assert client.get_table(table).num_rows == 2


def test_reference_must_be_one_file(client: bigquery.Client, bucket: storage.Bucket, table: str) -> None:
    for name in ("1", "2"):
        bucket.blob(f"references/{name}").upload_from_string("")
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    config.reference_file_schema_uri = f"gs://{bucket.name}/references/*"
    with pytest.raises(BadRequest, match="names 2 files, not one"):
        client.load_table_from_uri(f"gs://{bucket.name}/references/1", table, job_config=config).result()


@pytest.mark.parametrize(("as_string", "expected"), [(True, ("hot", "STRING")), (False, (b"hot", "BYTES"))])
def test_parquet_enum_is_a_string_with_the_option(
    client: bigquery.Client, table: str, tmp_path: Path, as_string: bool, expected: tuple[Any, str]
) -> None:
    path = tmp_path / "file.parquet"
    with duckdb.connect() as made:
        made.execute(f"COPY (SELECT 'hot' AS e) TO '{path}' (FORMAT parquet)")
    # No library here writes an ENUM, so the type of column e is changed from UTF8 to ENUM in the bytes of the file.
    content = path.read_bytes().replace(b"\x18\x01e%\x00\x00", b"\x18\x01e%\x08\x00")
    _load(client, table, content, "PARQUET", ParquetOptions={"enumAsString": as_string})
    assert (_rows(client, table)[0][0], client.get_table(table).schema[0].field_type) == expected
