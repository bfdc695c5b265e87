"""Extract jobs and EXPORT DATA of BigQuery through google-cloud-bigquery."""

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from tests.local_cloud import LocalCloud

_SELECT = """SELECT 1 AS i, 'a,b' AS s, DATE '2020-01-02' AS d, TIME '03:04:05' AS t,
    DATETIME '2020-01-02 03:04:05' AS dt, TIMESTAMP '2020-01-02 03:04:05' AS ts,
    NUMERIC '1.25' AS n, b'x' AS y, ['p', 'q'] AS l, STRUCT(0.5 AS x) AS r"""


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("extracts")
    made.query(f"CREATE TABLE extracts.all_types AS {_SELECT}").result()
    made.query(
        "CREATE TABLE extracts.flat AS SELECT n, CAST(n AS STRING) AS s FROM UNNEST([1, 2, 3, 4, 5]) AS n"
    ).result()
    return made


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> storage.Bucket:
    return storage.Client(project=localgcp.project, credentials=AnonymousCredentials()).create_bucket("extract-files")


def _extract(
    client: bigquery.Client, bucket: storage.Bucket, table: str, *names: str, **config: Any
) -> bigquery.ExtractJob:
    uris = [f"gs://{bucket.name}/{name}" for name in names]
    job = client.extract_table(
        f"{client.project}.extracts.{table}", uris, job_config=bigquery.ExtractJobConfig(**config)
    )
    job.result()
    return job


def _avro(bucket: storage.Bucket, name: str) -> tuple[Any, list[Any]]:
    reader = fastavro.reader(io.BytesIO(bucket.blob(name).download_as_bytes()))
    return reader.writer_schema, list(reader)


@pytest.mark.parametrize("compression", ["NONE", "DEFLATE", "SNAPPY"])
def test_avro_with_logical_types(client: bigquery.Client, bucket: storage.Bucket, compression: str) -> None:
    name = f"logical-{compression}.avro"
    _extract(
        client, bucket, "all_types", name,
        destination_format="AVRO", compression=compression, use_avro_logical_types=True,
    )  # fmt: skip
    schema, rows = _avro(bucket, name)
    assert schema["name"] == "Root"
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    assert kinds["d"] == ["null", {"type": "int", "logicalType": "date"}]
    assert kinds["dt"] == ["null", {"type": "string", "logicalType": "datetime"}]
    assert kinds["l"] == {"type": "array", "items": "string"}
    (row,) = rows
    assert (row["d"], row["ts"]) == (date(2020, 1, 2), datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (row["n"], row["y"], row["l"], row["r"]) == (Decimal("1.25"), b"x", ["p", "q"], {"x": 0.5})


def test_avro_without_logical_types_has_strings_for_dates(client: bigquery.Client, bucket: storage.Bucket) -> None:
    _extract(client, bucket, "all_types", "plain.avro", destination_format="AVRO")
    schema, (row,) = _avro(bucket, "plain.avro")
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    assert kinds["d"] == ["null", {"type": "string", "sqlType": "DATE"}]
    assert kinds["ts"] == ["null", {"type": "long", "logicalType": "timestamp-micros"}]
    assert (row["d"], row["t"], row["dt"]) == ("2020-01-02", "03:04:05", "2020-01-02T03:04:05")


def test_avro_round_trip_keeps_the_rows(client: bigquery.Client, bucket: storage.Bucket) -> None:
    _extract(client, bucket, "all_types", "back.avro", destination_format="AVRO", use_avro_logical_types=True)
    options = bigquery.LoadJobConfig(source_format="AVRO", use_avro_logical_types=True)
    client.load_table_from_uri(f"gs://{bucket.name}/back.avro", "extracts.back", job_config=options).result()
    back, first = (client.get_table(f"extracts.{name}") for name in ("back", "all_types"))
    assert [(field.name, field.field_type) for field in back.schema] == [
        (field.name, field.field_type) for field in first.schema
    ]
    assert list(client.list_rows(back)) == list(client.list_rows(first))


def test_each_uri_gets_a_share_of_the_rows(client: bigquery.Client, bucket: storage.Bucket) -> None:
    job = _extract(client, bucket, "flat", "share-a.csv", "share-b-*.csv", print_header=False)
    assert job.destination_uri_file_counts == [1, 1]
    texts = [bucket.blob(name).download_as_text() for name in ("share-a.csv", "share-b-000000000000.csv")]
    assert sorted(len(text.splitlines()) for text in texts) == [2, 3]
    assert sorted("".join(texts).splitlines()) == ["1,1", "2,2", "3,3", "4,4", "5,5"]


def test_csv_of_a_nested_table_is_refused(client: bigquery.Client, bucket: storage.Bucket) -> None:
    with pytest.raises(BadRequest, match=r"Operation cannot be performed on a nested schema\. Field: l"):
        _extract(client, bucket, "all_types", "nested.csv")


def test_delimiter_and_header(client: bigquery.Client, bucket: storage.Bucket) -> None:
    _extract(client, bucket, "flat", "tabs.csv.gz", field_delimiter="tab", compression="GZIP")
    text = gzip.decompress(bucket.blob("tabs.csv.gz").download_as_bytes(raw_download=True)).decode()
    assert text.splitlines()[:2] == ["n\ts", "1\t1"]


@pytest.mark.parametrize("compression", ["NONE", "SNAPPY", "GZIP", "ZSTD"])
def test_parquet_compressions(client: bigquery.Client, bucket: storage.Bucket, compression: str) -> None:
    name = f"{compression}.parquet"
    _extract(client, bucket, "flat", name, destination_format="PARQUET", compression=compression)
    found = pq.ParquetFile(io.BytesIO(bucket.blob(name).download_as_bytes()))
    expected = {"NONE": "UNCOMPRESSED"}.get(compression, compression)
    assert found.metadata.row_group(0).column(0).compression == expected
    assert found.read()["n"].to_pylist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"destination_format": "AVRO", "compression": "GZIP"}, "GZIP is not available for AVRO"),
        ({"destination_format": "CSV", "compression": "ZSTD"}, "ZSTD is not available for CSV"),
        ({"destination_format": "ORC"}, "does not export ORC"),
    ],
)
def test_incompatible_options_are_refused(
    client: bigquery.Client, bucket: storage.Bucket, config: dict[str, str], message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        _extract(client, bucket, "flat", "refused", **config)


def test_export_data_writes_logical_types_by_default(client: bigquery.Client, bucket: storage.Bucket) -> None:
    for option, expected in (("", date(2020, 1, 2)), (", use_avro_logical_types=false", "2020-01-02")):
        uri = f"gs://{bucket.name}/data/*.avro"
        options = f"uri='{uri}', format='AVRO', compression='DEFLATE', overwrite=true{option}"
        client.query(f"EXPORT DATA OPTIONS({options}) AS SELECT DATE '2020-01-02' AS d").result()
        assert _avro(bucket, "data/000000000000.avro")[1] == [{"d": expected}]


# Copy


def test_tables_of_different_schemas_are_not_copied_together(client: bigquery.Client) -> None:
    client.query("CREATE TABLE extracts.other AS SELECT 'x' AS n, 'y' AS s").result()
    tables = [f"{client.project}.extracts.{name}" for name in ("flat", "other")]
    with pytest.raises(BadRequest, match="Field n has changed type"):
        client.copy_table(tables, f"{client.project}.extracts.both").result()
    client.copy_table([tables[0], tables[0]], f"{client.project}.extracts.both").result()
    assert client.get_table("extracts.both").num_rows == 10


def test_view_is_not_copied(client: bigquery.Client) -> None:
    client.query("CREATE VIEW extracts.seen AS SELECT 1 AS n").result()
    names = [f"{client.project}.extracts.{name}" for name in ("seen", "seen_copy")]
    with pytest.raises(BadRequest, match=r"extracts\.seen is a view, which a copy job cannot read"):
        client.copy_table(*names).result()


def test_copy_stores_its_encryption_configuration(client: bigquery.Client) -> None:
    key = bigquery.EncryptionConfiguration(kms_key_name="projects/p/locations/us/keyRings/r/cryptoKeys/k")
    options = bigquery.CopyJobConfig(destination_encryption_configuration=key)
    names = [f"{client.project}.extracts.{name}" for name in ("flat", "sealed")]
    client.copy_table(*names, job_config=options).result()
    assert client.get_table(names[1]).encryption_configuration == key


@pytest.mark.parametrize("operation", ["SNAPSHOT", "RESTORE"])
def test_snapshots_are_refused(client: bigquery.Client, operation: str) -> None:
    options = bigquery.CopyJobConfig(operation_type=operation)
    with pytest.raises(BadRequest, match=f"operationType {operation}"):
        client.copy_table(
            f"{client.project}.extracts.flat", f"{client.project}.extracts.shot", job_config=options
        ).result()
