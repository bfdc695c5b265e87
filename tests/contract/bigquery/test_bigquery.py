"""BigQuery through google-cloud-bigquery, whose client is configured by the environment alone."""

import csv
import gzip
import io
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from tests.local_cloud import LocalCloud

_COLUMNS = ["Elevation", "Aspect", *(f"Wilderness_Area{i}" for i in range(1, 5)), "Cover_Type"]


_MILLION = "UNNEST(GENERATE_ARRAY(1, 1000000))"
_ENDLESS = f"SELECT COUNT(*) FROM {_MILLION} AS a, {_MILLION} AS b WHERE a * b = 7"


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> storage.Bucket:
    return storage.Client(project=localgcp.project, credentials=AnonymousCredentials()).create_bucket("bigquery-files")


@pytest.fixture
def dataset(client: bigquery.Client) -> Iterator[str]:
    name = f"d_{uuid4().hex[:8]}"
    client.create_dataset(name)
    yield name
    client.delete_dataset(name, delete_contents=True)


def _rows(client: bigquery.Client, sql: str, **config: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in client.query(sql, job_config=bigquery.QueryJobConfig(**config)).result()]


def _numbers(client: bigquery.Client, dataset: str, count: int = 10) -> str:
    table = f"{dataset}.numbers"
    client.query(
        f"CREATE TABLE {table} AS SELECT n, CAST(n AS STRING) AS s FROM UNNEST(GENERATE_ARRAY(1, {count})) AS n"
    ).result()
    return table


# Datasets and tables


def test_dataset_stores_its_settings(client: bigquery.Client) -> None:
    wanted = bigquery.Dataset(f"{client.project}.kept")
    wanted.location, wanted.labels, wanted.description = "EU", {"team": "ml"}, "all of it"
    client.create_dataset(wanted)
    found = client.get_dataset("kept")
    assert (found.location, found.labels, found.description) == ("EU", {"team": "ml"}, "all of it")
    assert "kept" in [item.dataset_id for item in client.list_datasets()]


def test_dataset_that_exists_is_a_conflict(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(Conflict, match=f"Already Exists: Dataset {client.project}:{dataset}"):
        client.create_dataset(dataset)
    assert client.create_dataset(dataset, exists_ok=True).dataset_id == dataset


def test_dataset_with_tables_is_deleted_only_on_request(client: bigquery.Client, dataset: str) -> None:
    _numbers(client, dataset)
    with pytest.raises(BadRequest, match="still in use"):
        client.delete_dataset(dataset)


def test_update_changes_only_the_named_fields(client: bigquery.Client, dataset: str) -> None:
    found = client.get_dataset(dataset)
    found.labels = {"a": "1", "b": "2"}
    client.update_dataset(found, ["labels"])
    found = client.get_dataset(dataset)
    found.description = "text"
    assert client.update_dataset(found, ["description"]).labels == {"a": "1", "b": "2"}


def test_table_keeps_schema_and_settings(client: bigquery.Client, dataset: str) -> None:
    schema = [
        bigquery.SchemaField("id", "INT64", mode="REQUIRED", description="the key"),
        bigquery.SchemaField("Name", "STRING"),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
        bigquery.SchemaField("place", "RECORD", fields=[bigquery.SchemaField("lat", "FLOAT64")]),
    ]
    wanted = bigquery.Table(f"{client.project}.{dataset}.t", schema=schema)
    wanted.clustering_fields, wanted.labels, wanted.description = ["id"], {"run": "r1"}, "a table"
    client.create_table(wanted)
    found = client.get_table(f"{dataset}.t")
    assert [(field.name, field.field_type, field.mode) for field in found.schema] == [
        ("id", "INTEGER", "REQUIRED"),
        ("Name", "STRING", "NULLABLE"),
        ("tags", "STRING", "REPEATED"),
        ("place", "RECORD", "NULLABLE"),
    ]
    assert found.schema[0].description == "the key"
    assert (found.clustering_fields, found.labels, found.description) == (["id"], {"run": "r1"}, "a table")
    assert (found.num_rows, found.table_type) == (0, "TABLE")


def test_missing_table_is_named(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(NotFound, match=f"Not found: Table {client.project}:{dataset}.none"):
        client.get_table(f"{dataset}.none")
    with pytest.raises(NotFound, match="Not found: Dataset test-project:no_such"):
        client.get_table("no_such.none")


def test_table_that_exists_is_a_conflict(client: bigquery.Client, dataset: str) -> None:
    _numbers(client, dataset)
    with pytest.raises(Conflict, match=f"Already Exists: Table {client.project}:{dataset}.numbers"):
        client.create_table(f"{client.project}.{dataset}.numbers")


@pytest.mark.parametrize("name", ['x"; drop', "a/b", "x`y"])
def test_table_id_that_is_not_valid_is_refused(client: bigquery.Client, dataset: str, name: str) -> None:
    reference = bigquery.TableReference(bigquery.DatasetReference(client.project, dataset), name)
    with pytest.raises(BadRequest, match="Invalid table ID"):
        client.create_table(bigquery.Table(reference))


def test_table_names_are_case_sensitive(client: bigquery.Client, dataset: str) -> None:
    client.query(f"CREATE TABLE {dataset}.Same AS SELECT 1 AS x; CREATE TABLE {dataset}.same AS SELECT 2 AS x").result()
    assert _rows(client, f"SELECT a.x, b.x AS y FROM {dataset}.Same AS a, {dataset}.same AS b") == [(1, 2)]


def test_column_is_added_by_update(client: bigquery.Client, dataset: str) -> None:
    table = client.get_table(_numbers(client, dataset, 2))
    table.schema = [*table.schema, bigquery.SchemaField("extra", "FLOAT64")]
    client.update_table(table, ["schema"])
    assert _rows(client, f"SELECT n, extra FROM {dataset}.numbers ORDER BY n") == [(1, None), (2, None)]


def test_expired_table_is_gone(client: bigquery.Client, dataset: str) -> None:
    table = client.get_table(_numbers(client, dataset))
    table.expires = datetime(2020, 1, 1, tzinfo=UTC)
    client.update_table(table, ["expires"])
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.numbers")


def test_size_is_the_number_of_bytes_that_bigquery_bills(client: bigquery.Client, dataset: str) -> None:
    # Ten INT64 of 8 bytes, nine texts of 2 + 1 bytes, one of 2 + 2.
    assert client.get_table(_numbers(client, dataset)).num_bytes == 80 + 9 * 3 + 4


def test_inserted_rows_are_read_back(client: bigquery.Client, dataset: str) -> None:
    schema = [
        bigquery.SchemaField("x", "INT64", mode="REQUIRED"),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
    ]
    client.create_table(bigquery.Table(f"{client.project}.{dataset}.t", schema=schema))
    assert client.insert_rows_json(f"{dataset}.t", [{"x": 1, "tags": ["a", "b"]}, {"x": 2}]) == []
    assert _rows(client, f"SELECT x, ARRAY_LENGTH(tags) FROM {dataset}.t ORDER BY x")[0] == (1, 2)


def test_invalid_row_keeps_all_rows_out(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset, 1)
    errors = client.insert_rows_json(table, [{"n": 2, "s": "2"}, {"n": 3, "typo": "3"}])
    assert errors[1]["errors"][0]["message"] == "no such field: typo."
    assert client.get_table(table).num_rows == 1


# Loads


def _load(
    client: bigquery.Client, dataset: str, text: str, schema: list[bigquery.SchemaField], **config: object
) -> bigquery.LoadJob:
    options = bigquery.LoadJobConfig(schema=schema, source_format="CSV", skip_leading_rows=1, **config)
    return client.load_table_from_file(io.BytesIO(text.encode()), f"{dataset}.loaded", job_config=options)


_NAME_AND_AGE = [bigquery.SchemaField("name", "STRING"), bigquery.SchemaField("age", "INT64")]


def test_csv_is_loaded_from_storage_by_wildcard_and_gzip(
    client: bigquery.Client, bucket: storage.Bucket, dataset: str
) -> None:
    bucket.blob("people/1.csv").upload_from_string("name,age\nann,1\n")
    bucket.blob("people/2.csv.gz").upload_from_string(gzip.compress(b"name,age\nbob,2\n"))
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE, source_format="CSV", skip_leading_rows=1)
    job = client.load_table_from_uri(f"gs://{bucket.name}/people/*", f"{dataset}.people", job_config=options)
    assert job.result().output_rows == 2
    assert _rows(client, f"SELECT * FROM {dataset}.people ORDER BY name") == [("ann", 1), ("bob", 2)]


def test_csv_null_quote_and_newline(client: bigquery.Client, dataset: str) -> None:
    _load(client, dataset, 'name,age\n"a, ""b""\nc",1\n,\n"",2\n', _NAME_AND_AGE, allow_quoted_newlines=True).result()
    assert _rows(client, f"SELECT * FROM {dataset}.loaded ORDER BY age NULLS FIRST") == [
        (None, None),
        ('a, "b"\nc', 1),
        ("", 2),
    ]


def test_csv_null_marker_and_delimiter(client: bigquery.Client, dataset: str) -> None:
    _load(client, dataset, "name\tage\nNA\t1\nx\tNA\n", _NAME_AND_AGE, null_marker="NA", field_delimiter="\t").result()
    assert _rows(client, f"SELECT * FROM {dataset}.loaded ORDER BY age") == [("x", None), (None, 1)]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("1.5", "INT64"), ("1e3", "INT64"), ("abc", "FLOAT64"), ("maybe", "BOOL"), ("2020-13-01", "DATE")],
)
def test_bad_cell_is_named_by_column_row_value_and_type(
    client: bigquery.Client, dataset: str, cell: str, kind: str
) -> None:
    schema = [bigquery.SchemaField("name", "STRING"), bigquery.SchemaField("value", kind)]
    message = rf"Could not parse '{cell}' as {kind} for field value \(position 1\).*; line_number: 3 "
    with pytest.raises(BadRequest, match=message):
        _load(client, dataset, f"name,value\na,\nb,{cell}\n", schema).result()


def test_failed_load_leaves_the_table_unchanged(client: bigquery.Client, dataset: str) -> None:
    _load(client, dataset, "name,age\nann,1\n", _NAME_AND_AGE).result()
    for disposition in ("WRITE_TRUNCATE", "WRITE_APPEND"):
        with pytest.raises(BadRequest):
            _load(client, dataset, "name,age\nbob,2\ncid,x\n", _NAME_AND_AGE, write_disposition=disposition).result()
    assert _rows(client, f"SELECT * FROM {dataset}.loaded") == [("ann", 1)]


def test_bad_rows_are_left_out_up_to_the_allowed_number(client: bigquery.Client, dataset: str) -> None:
    job = _load(client, dataset, "name,age\nann,1\nbob,x\n", _NAME_AND_AGE, max_bad_records=1)
    assert job.result().output_rows == 1
    with pytest.raises(BadRequest):
        _load(client, dataset, "name,age\nann,y\nbob,x\n", _NAME_AND_AGE, max_bad_records=1).result()


def test_row_with_too_few_columns_is_named(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(BadRequest, match=r"line contains only 1 columns\.; line_number: 3 "):
        _load(client, dataset, "name,age\nann,1\nbob\n", _NAME_AND_AGE).result()


@pytest.mark.parametrize(
    "text", ["2014-10-06 15:16:00 UTC", "2014-10-06T15:16:00Z", "2014-10-06 17:16:00+02:00", "2014-10-06 15:16:00"]
)
def test_timestamp_is_read_in_all_its_forms(client: bigquery.Client, dataset: str, text: str) -> None:
    _load(client, dataset, f"at\n{text}\n", [bigquery.SchemaField("at", "TIMESTAMP")]).result()
    assert _rows(client, f"SELECT at FROM {dataset}.loaded") == [(datetime(2014, 10, 6, 15, 16, tzinfo=UTC),)]


def test_write_dispositions(client: bigquery.Client, dataset: str) -> None:
    for disposition, count in (("WRITE_EMPTY", 1), ("WRITE_APPEND", 2), ("WRITE_TRUNCATE", 1)):
        _load(client, dataset, "name,age\nann,1\n", _NAME_AND_AGE, write_disposition=disposition).result()
        assert client.get_table(f"{dataset}.loaded").num_rows == count
    with pytest.raises(Conflict, match="Already Exists: Table"):
        _load(client, dataset, "name,age\nann,1\n", _NAME_AND_AGE, write_disposition="WRITE_EMPTY").result()


def test_create_never_requires_an_existing_table(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(NotFound, match="loaded"):
        _load(client, dataset, "name,age\nann,1\n", _NAME_AND_AGE, create_disposition="CREATE_NEVER").result()


def test_append_with_another_type_is_refused(client: bigquery.Client, dataset: str) -> None:
    _load(client, dataset, "name,age\nann,1\n", _NAME_AND_AGE).result()
    with pytest.raises(BadRequest, match="Field age has changed type from INTEGER to STRING"):
        _load(client, dataset, "name,age\nann,1\n", [_NAME_AND_AGE[0], bigquery.SchemaField("age", "STRING")]).result()


def test_schema_is_detected(client: bigquery.Client, dataset: str) -> None:
    options = bigquery.LoadJobConfig(source_format="CSV", autodetect=True)
    text = b"my name,age,score\nann,1,0.5\nbob,2,1.5\n"
    client.load_table_from_file(io.BytesIO(text), f"{dataset}.auto", job_config=options).result()
    found = [(field.name, field.field_type) for field in client.get_table(f"{dataset}.auto").schema]
    assert found == [("my_name", "STRING"), ("age", "INTEGER"), ("score", "FLOAT")]


def test_json_rows_are_loaded(client: bigquery.Client, dataset: str) -> None:
    client.load_table_from_json([{"a": 1, "b": ["x", "y"]}, {"a": 2, "b": []}], f"{dataset}.j").result()
    assert _rows(client, f"SELECT a, ARRAY_LENGTH(b) FROM {dataset}.j ORDER BY a") == [(1, 2), (2, 0)]


def test_dataframe_is_loaded_and_read_back(client: bigquery.Client, dataset: str) -> None:
    frame = pd.DataFrame(
        {"i": [1, 2], "f": [0.5, None], "s": ["x", None], "t": pd.to_datetime(["2020-01-01", "2020-01-02"], utc=True)}
    )
    client.load_table_from_dataframe(frame, f"{dataset}.frame").result()
    back = client.list_rows(f"{dataset}.frame").to_dataframe(create_bqstorage_client=False)
    assert back["i"].tolist() == [1, 2]
    assert back["s"].tolist()[0] == "x"
    assert pd.isna(back["f"].tolist()[1])


def test_missing_source_file_is_named(client: bigquery.Client, bucket: storage.Bucket, dataset: str) -> None:
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE)
    with pytest.raises(NotFound, match=r"Not found: URI gs://bigquery-files/none\.csv"):
        client.load_table_from_uri(f"gs://{bucket.name}/none.csv", f"{dataset}.x", job_config=options).result()


def test_large_upload_comes_in_chunks(client: bigquery.Client, dataset: str) -> None:
    text = "name,age\n" + "".join(f"{'x' * 100},{i}\n" for i in range(30_000))
    options = bigquery.LoadJobConfig(schema=_NAME_AND_AGE, skip_leading_rows=1)
    job = client.load_table_from_file(io.BytesIO(text.encode()), f"{dataset}.large", job_config=options, size=None)
    assert job.result().output_rows == 30_000


# Queries


def test_scalar_types_come_back_as_python_values(client: bigquery.Client) -> None:
    sql = """SELECT 1 AS i, 1.5 AS f, 'x' AS s, TRUE AS b, b'\\x00z' AS y, DATE '2020-01-02' AS d,
        TIMESTAMP '2020-01-02 03:04:05.123456' AS ts, DATETIME '2020-01-02 03:04:05' AS dt, TIME '03:04:05' AS t,
        NUMERIC '1.25' AS n, [1, 2] AS a, STRUCT(1 AS x, 'q' AS y) AS r, CAST(NULL AS STRING) AS z"""
    (row,) = client.query(sql).result()
    assert row.i == 1
    assert (row.f, row.s, row.b, row.y, row.d) == (1.5, "x", True, b"\x00z", date(2020, 1, 2))
    assert row.ts == datetime(2020, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    assert row.dt == datetime(2020, 1, 2, 3, 4, 5)
    assert str(row.t) == "03:04:05"
    assert (row.n, row.a, row.r, row.z) == (Decimal("1.25"), [1, 2], {"x": 1, "y": "q"}, None)


def test_named_parameters(client: bigquery.Client) -> None:
    parameters = [
        bigquery.ScalarQueryParameter("i", "INT64", 5),
        bigquery.ScalarQueryParameter("s", "STRING", "it's; DROP"),
        bigquery.ScalarQueryParameter("f", "FLOAT64", 0.5),
        bigquery.ScalarQueryParameter("b", "BOOL", True),
        bigquery.ScalarQueryParameter("d", "DATE", date(2020, 1, 2)),
        bigquery.ScalarQueryParameter("t", "TIMESTAMP", datetime(2020, 1, 2, 3, 4, tzinfo=UTC)),
        bigquery.ScalarQueryParameter("y", "BYTES", b"\x00z"),
        bigquery.ScalarQueryParameter("n", "STRING", None),
        bigquery.ArrayQueryParameter("a", "INT64", [1, 2]),
    ]
    (row,) = _rows(client, "SELECT @i, @s, @f, @b, @d, @t, @y, @n, @a", query_parameters=parameters)
    assert row == (
        5,
        "it's; DROP",
        0.5,
        True,
        date(2020, 1, 2),
        datetime(2020, 1, 2, 3, 4, tzinfo=UTC),
        b"\x00z",
        None,
        [1, 2],
    )


def test_positional_parameters(client: bigquery.Client) -> None:
    parameters = [bigquery.ScalarQueryParameter(None, "INT64", value) for value in (2, 3)]
    assert _rows(client, "SELECT ? * ?", query_parameters=parameters) == [(6,)]


def test_missing_parameter_is_named(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="Query parameter 'x' not found"):
        _rows(client, "SELECT @x")


def test_query_and_wait_returns_rows(client: bigquery.Client, dataset: str) -> None:
    rows = client.query_and_wait(f"SELECT n FROM {_numbers(client, dataset, 25)} ORDER BY n", page_size=10)
    assert [row.n for row in rows] == list(range(1, 26))


def test_same_request_id_runs_once(client: bigquery.Client, localgcp: LocalCloud, dataset: str) -> None:
    table = _numbers(client, dataset, 1)
    body = {"query": f"INSERT INTO {table} VALUES (9, '9')", "useLegacySql": False, "requestId": uuid4().hex}
    answers = [localgcp.call("POST", f"/bigquery/v2/projects/{client.project}/queries", body) for _ in range(2)]
    assert answers[0]["jobReference"] == answers[1]["jobReference"]
    assert client.get_table(table).num_rows == 2


def test_rows_are_listed_in_pages(client: bigquery.Client, dataset: str) -> None:
    table = client.get_table(_numbers(client, dataset, 25))
    pages = [[row.n for row in page] for page in client.list_rows(table, page_size=10).pages]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [
        row.n for row in client.list_rows(table, start_index=20, max_results=3, selected_fields=table.schema[:1])
    ] == [21, 22, 23]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"pageToken": "²"}, "Invalid page token"),
        ({"startIndex": "-1"}, "Invalid value for startIndex: -1"),
        ({"maxResults": "-1"}, "Invalid value for maxResults: -1"),
        ({"selectedFields": "n,nothing"}, "No such field: nothing"),
    ],
)
def test_rows_that_cannot_be_listed_are_refused(
    client: bigquery.Client, dataset: str, asked: dict[str, str], message: str
) -> None:
    _, name = _numbers(client, dataset, 1).rsplit(".", 1)
    path = f"/projects/{client.project}/datasets/{dataset}/tables/{name}/data"
    with pytest.raises(BadRequest, match=message):
        client._connection.api_request("GET", path, query_params=asked)


def test_pages_are_limited_and_empty_after_the_last_row(client: bigquery.Client) -> None:
    body = {"query": "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 30000)) AS n", "useLegacySql": False, "maxResults": 30_000}
    answer = client._connection.api_request("POST", f"/projects/{client.project}/queries", data=body)
    assert (len(answer["rows"]), answer["pageToken"]) == (20_000, "20000")
    path = f"/projects/{client.project}/queries/{answer['jobReference']['jobId']}"
    behind = client._connection.api_request("GET", path, query_params={"startIndex": str(10**17)})
    assert (behind.get("rows"), "pageToken" in behind) == ([], False)


def test_large_result_is_read_whole(client: bigquery.Client) -> None:
    rows = client.query("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 250000)) AS n").result()
    assert rows.total_rows == 250_000
    column = rows.to_arrow(create_bqstorage_client=False)["n"].to_pylist()
    assert column == list(range(1, 250_001))


def test_result_as_dataframe(client: bigquery.Client) -> None:
    frame = client.query("SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y' ORDER BY a").to_dataframe(
        create_bqstorage_client=False
    )
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x", "y"]


def test_destination_table_and_its_dispositions(client: bigquery.Client, dataset: str) -> None:
    table = f"{client.project}.{dataset}.out"
    for disposition, count in (("WRITE_EMPTY", 1), ("WRITE_APPEND", 2), ("WRITE_TRUNCATE", 1)):
        assert _rows(client, "SELECT 1 AS x", destination=table, write_disposition=disposition)
        assert client.get_table(table).num_rows == count
    with pytest.raises(Conflict):
        _rows(client, "SELECT 1 AS x", destination=table, write_disposition="WRITE_EMPTY")


def test_default_dataset(client: bigquery.Client, dataset: str) -> None:
    _numbers(client, dataset, 3)
    assert _rows(client, "SELECT COUNT(*) FROM numbers", default_dataset=f"{client.project}.{dataset}") == [(3,)]
    with pytest.raises(BadRequest, match='Table "numbers" must be qualified with a dataset'):
        _rows(client, "SELECT COUNT(*) FROM numbers")


@pytest.mark.parametrize(
    "form", ["`{p}.{d}.numbers`", "`{p}`.{d}.numbers", "{p}.{d}.numbers", "{d}.numbers", "`{p}`.`{d}`.`numbers`"]
)
def test_forms_of_a_table_name(client: bigquery.Client, dataset: str, form: str) -> None:
    _numbers(client, dataset, 3)
    assert _rows(client, f"SELECT COUNT(*) FROM {form.format(p=client.project, d=dataset)}") == [(3,)]


def test_column_names_are_as_the_query_writes_them(client: bigquery.Client, dataset: str) -> None:
    rows = client.query(f"SELECT N, COUNT(*), s AS Text, 1 FROM {_numbers(client, dataset, 1)} GROUP BY n, s").result()
    assert [field.name for field in rows.schema] == ["N", "f0_", "Text", "f1_"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT\n  wrong FROM d.numbers", r"Unrecognized name: wrong at \[2:3\]"),
        ("SELECT n FROM d.none", r"Not found: Table test-project:\w+.none was not found in location US"),
        ("SELECT FROM WHERE", r"Syntax error: .* at \[1:"),
        ("SELECT NO_SUCH(n) FROM d.numbers", "Function not found: NO_SUCH"),
        ("SELECT n, N FROM d.numbers", "Duplicate column names"),
        ("SELECT 1 / (n - n) FROM d.numbers", "division by zero"),
        ("SELECT 9223372036854775807 + n FROM d.numbers", "overflow"),
        ("SELECT CAST(s || 'x' AS INT64) FROM d.numbers", "Bad int64 value: 1x"),
        ("SELECT HLL_COUNT.INIT(n) FROM d.numbers", "does not support the function HLL_COUNT.INIT"),
        ("SELECT * FROM read_csv('x.csv')", "read_csv"),
    ],
)  # fmt: skip
def test_error_of_a_query_names_problem_and_place(
    client: bigquery.Client, dataset: str, sql: str, message: str
) -> None:
    _numbers(client, dataset, 1)
    expected = NotFound if "Not found" in message else BadRequest
    with pytest.raises(expected, match=message):
        client.query(sql.replace(" d.", f" {dataset}.")).result()


def test_dry_run_gives_schema_and_cost_and_changes_nothing(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset, 10)
    job = client.query(f"SELECT n FROM {table} WHERE s = '1'", job_config=bigquery.QueryJobConfig(dry_run=True))
    assert job.total_bytes_processed == 80 + 9 * 3 + 4
    assert [field.name for field in job.schema] == ["n"]
    client.query(f"CREATE TABLE {dataset}.never AS SELECT 1 AS x", job_config=bigquery.QueryJobConfig(dry_run=True))
    assert [item.table_id for item in client.list_tables(dataset)] == ["numbers"]
    with pytest.raises(BadRequest, match="Unrecognized name: wrong"):
        client.query(f"SELECT wrong FROM {table}", job_config=bigquery.QueryJobConfig(dry_run=True))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT COUNT(*) FROM t", 0),
        ("SELECT n FROM (SELECT * FROM t)", 80),
        ("SELECT MIN(n) FROM t WHERE FALSE", 80),
        ("SELECT a.n FROM t AS a JOIN t AS b USING (n)", 80),
        ("SELECT * FROM t LIMIT 1", 111),
        ("WITH q AS (SELECT * FROM t) SELECT a.n FROM q AS a JOIN q AS b ON a.n = b.n", 80),
    ],
)
def test_query_is_billed_for_the_referenced_columns(
    client: bigquery.Client, dataset: str, sql: str, expected: int
) -> None:
    table = _numbers(client, dataset, 10)
    job = client.query(sql.replace("FROM t", f"FROM {table}").replace("JOIN t", f"JOIN {table}"))
    job.result()
    assert job.total_bytes_processed == expected
    assert job.total_bytes_billed == (10 << 20 if expected else 0)


def test_query_over_its_limit_does_not_run(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset)
    limited = bigquery.QueryJobConfig(maximum_bytes_billed=1_000_000)
    job = client.query(f"CREATE TABLE {dataset}.over AS SELECT * FROM {table}", job_config=limited)
    with pytest.raises(GoogleAPICallError, match=r"bytes billed: 1000000\. 10485760 or higher required"):
        job.result()
    assert job.error_result["reason"] == "bytesBilledLimitExceeded"
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.over")


# Jobs


def test_job_id_is_used_once(client: bigquery.Client) -> None:
    job_id = f"own-{uuid4().hex}"
    client.query("SELECT 1", job_id=job_id).result()
    with pytest.raises(Conflict, match=f"Already Exists: Job {client.project}:US.{job_id}"):
        client.query("SELECT 1", job_id=job_id, job_id_prefix=None, job_retry=None)
    assert client.get_job(job_id).state == "DONE"


def test_job_keeps_labels_and_statistics(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset)
    job = client.query(f"SELECT n FROM {table}", job_config=bigquery.QueryJobConfig(labels={"timberline-run": "r1"}))
    job.result()
    found = client.get_job(job.job_id)
    assert found.labels == {"timberline-run": "r1"}
    assert (found.statement_type, found.cache_hit) == ("SELECT", False)
    assert [reference.table_id for reference in found.referenced_tables] == ["numbers"]
    assert found.created <= found.started <= found.ended


def test_jobs_are_listed_newest_first_and_by_state(client: bigquery.Client) -> None:
    made = [client.query("SELECT 1") for _ in range(3)]
    for job in made:
        job.result()
    listed = [job.job_id for job in client.list_jobs(max_results=3, state_filter="done")]
    assert listed == [job.job_id for job in reversed(made)]
    assert list(client.list_jobs(state_filter="running")) == []


def test_cancelled_job_is_reported_as_stopped(client: bigquery.Client) -> None:
    job = client.query(_ENDLESS)
    job.cancel()
    assert client.get_job(job.job_id).error_result["reason"] == "stopped"


def test_missing_job_is_not_found(client: bigquery.Client) -> None:
    with pytest.raises(NotFound, match="Not found: Job"):
        client.get_job("none")


# DDL and DML


def test_create_or_replace_stores_clauses_as_metadata(client: bigquery.Client, dataset: str) -> None:
    sql = f"""CREATE OR REPLACE TABLE {dataset}.t PARTITION BY DATE(at) CLUSTER BY k
        OPTIONS(description='rows', labels=[('run', 'r1')]) AS SELECT 1 AS k, TIMESTAMP '2020-01-01' AS at"""
    job = client.query(sql)
    job.result()
    assert (job.statement_type, job.ddl_operation_performed) == ("CREATE_TABLE_AS_SELECT", "CREATE")
    table = client.get_table(f"{dataset}.t")
    assert (table.clustering_fields, table.time_partitioning.field, table.description) == (["k"], "at", "rows")
    assert table.labels == {"run": "r1"}
    again = client.query(sql)
    again.result()
    assert again.ddl_operation_performed == "REPLACE"


def test_create_table_with_columns(client: bigquery.Client, dataset: str) -> None:
    client.query(f"CREATE TABLE {dataset}.t (a INT64 NOT NULL, b ARRAY<STRING>, c STRUCT<x FLOAT64>)").result()
    found = [(field.name, field.field_type, field.mode) for field in client.get_table(f"{dataset}.t").schema]
    assert found == [("a", "INTEGER", "REQUIRED"), ("b", "STRING", "REPEATED"), ("c", "RECORD", "NULLABLE")]


def test_dml_statistics_count_the_changed_rows(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset, 4)
    merge = f"""MERGE {table} AS a USING (SELECT 1 AS n, 'new' AS s UNION ALL SELECT 9, 'nine') AS b ON a.n = b.n
        WHEN MATCHED THEN UPDATE SET s = b.s WHEN NOT MATCHED THEN INSERT (n, s) VALUES (b.n, b.s)"""
    for sql, count in (
        (f"INSERT INTO {table} (n, s) VALUES (5, 'five')", 1),
        (f"UPDATE {table} SET s = 'x' WHERE n <= 2", 2),
        (f"DELETE FROM {table} WHERE n = 2", 1),
        (merge, 2),
    ):
        job = client.query(sql)
        job.result()
        assert job.num_dml_affected_rows == count
    assert _rows(client, f"SELECT n, s FROM {table} ORDER BY n") == [
        (1, "new"),
        (3, "3"),
        (4, "4"),
        (5, "five"),
        (9, "nine"),
    ]
    assert client.get_table(table).num_rows == 5


def test_change_without_where_is_refused(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(BadRequest, match="must have a WHERE clause"):
        client.query(f"DELETE FROM {_numbers(client, dataset)}").result()


def test_drop_of_a_missing_table_needs_if_exists(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset)
    client.query(f"DROP TABLE {table}").result()
    client.query(f"DROP TABLE IF EXISTS {table}").result()
    with pytest.raises(NotFound):
        client.query(f"DROP TABLE {table}").result()


@pytest.mark.parametrize("query", ["CREATE TABLE d.z (x INT64)", "DELETE FROM d.z WHERE TRUE", "SELECT 1; SELECT 2"])
def test_view_has_exactly_one_query(client: bigquery.Client, dataset: str, query: str) -> None:
    view = bigquery.Table(f"{client.project}.{dataset}.odd")
    view.view_query = query
    with pytest.raises(BadRequest, match="must be one SELECT statement"):
        client.create_table(view)


def test_table_does_not_become_a_view(client: bigquery.Client, dataset: str) -> None:
    table = client.get_table(_numbers(client, dataset, 2))
    table.view_query = "SELECT 1 AS x"
    with pytest.raises(BadRequest, match="is a table, which cannot become a view"):
        client.update_table(table, ["view_query"])
    assert client.get_table(table).num_rows == 2


def test_view_over_a_view_reads_current_rows(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset, 2)
    client.query(f"CREATE VIEW {dataset}.twice AS SELECT n * 2 AS n2, s FROM `{client.project}.{table}`").result()
    view = bigquery.Table(f"{client.project}.{dataset}.top")
    view.view_query = f"SELECT MAX(n2) AS m FROM {dataset}.twice"
    client.create_table(view)
    client.query(f"INSERT INTO {table} VALUES (30, 'x')").result()
    assert _rows(client, f"SELECT m FROM {dataset}.top") == [(60,)]
    found = client.get_table(f"{dataset}.top")
    assert (found.table_type, found.view_query) == ("VIEW", view.view_query)


def test_error_names_the_view_whose_table_is_missing(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset)
    client.query(f"CREATE VIEW {dataset}.v AS SELECT n FROM {table}").result()
    client.delete_table(table)
    with pytest.raises(NotFound, match=f"Invalid view {client.project}:{dataset}.v: Not found: Table"):
        client.query(f"SELECT * FROM {dataset}.v").result()


def test_information_schema(client: bigquery.Client, dataset: str) -> None:
    _numbers(client, dataset)
    assert _rows(client, f"SELECT table_name, table_type FROM {dataset}.INFORMATION_SCHEMA.TABLES") == [
        ("numbers", "BASE TABLE")
    ]
    columns = f"{dataset}.INFORMATION_SCHEMA.COLUMNS"
    sql = f"SELECT column_name, data_type FROM {columns} WHERE table_name = 'numbers' ORDER BY ordinal_position"
    assert _rows(client, sql) == [("n", "INT64"), ("s", "STRING")]


# Extract, export and copy


def test_export_data_writes_parquet_shards(
    client: bigquery.Client, bucket: storage.Bucket, dataset: str, tmp_path: Path
) -> None:
    table = _numbers(client, dataset, 1000)
    client.query(
        f"EXPORT DATA OPTIONS(uri='gs://{bucket.name}/shards/*.parquet', format='PARQUET', overwrite=true) "
        f"AS SELECT * FROM {table}"
    ).result()
    blobs = list(bucket.client.list_blobs(bucket, prefix="shards/"))
    assert blobs[0].name == "shards/000000000000.parquet"
    blobs[0].download_to_filename(str(tmp_path / "shard"))
    assert pq.read_table(tmp_path / "shard").column("n").to_pylist() == list(range(1, 1001))


def test_export_data_overwrites_only_with_the_option(client: bigquery.Client, bucket: storage.Bucket) -> None:
    options = f"uri='gs://{bucket.name}/once/*.csv', format='CSV', header=true"
    sql = f"EXPORT DATA OPTIONS({options}) AS SELECT 1 AS a, 'x,y' AS b"
    client.query(sql).result()
    assert bucket.blob("once/000000000000.csv").download_as_text() == 'a,b\n1,"x,y"\n'
    with pytest.raises(BadRequest, match="overwrite = true"):
        client.query(sql).result()


def test_failed_export_publishes_nothing(client: bigquery.Client, bucket: storage.Bucket, dataset: str) -> None:
    table = _numbers(client, dataset, 300_000)
    with pytest.raises(BadRequest, match="division by zero"):
        client.query(
            f"EXPORT DATA OPTIONS(uri='gs://{bucket.name}/failed/*.csv', format='CSV') AS "
            f"SELECT 1 / (n - 299999) AS x FROM {table}"
        ).result()
    assert list(bucket.client.list_blobs(bucket, prefix="failed/")) == []


def test_extract_to_gzipped_csv_and_json(client: bigquery.Client, bucket: storage.Bucket, dataset: str) -> None:
    table = client.get_table(_numbers(client, dataset, 2))
    options = bigquery.ExtractJobConfig(compression="GZIP", print_header=False, field_delimiter="|")
    client.extract_table(table, f"gs://{bucket.name}/out.csv.gz", job_config=options).result()
    assert gzip.decompress(bucket.blob("out.csv.gz").download_as_bytes(raw_download=True)) == b"1|1\n2|2\n"
    options = bigquery.ExtractJobConfig(destination_format="NEWLINE_DELIMITED_JSON")
    job = client.extract_table(table, f"gs://{bucket.name}/out-*.json", job_config=options)
    job.result()
    assert job.destination_uri_file_counts == [1]
    assert bucket.blob("out-000000000000.json").download_as_text() == '{"n":"1","s":"1"}\n{"n":"2","s":"2"}\n'


def test_copy_makes_an_independent_table(client: bigquery.Client, dataset: str) -> None:
    table = _numbers(client, dataset, 3)
    client.copy_table(f"{client.project}.{table}", f"{client.project}.{dataset}.copy").result()
    client.query(f"DELETE FROM {table} WHERE TRUE").result()
    assert client.get_table(f"{dataset}.copy").num_rows == 3


# The split


def _cover_rows(count: int) -> tuple[list[str], list[list[str]]]:
    folder = os.environ.get("TIMBERLINE_DATA_DIR")
    if folder:
        with gzip.open(Path(folder) / "covertype" / "covertype.csv.gz", "rt") as file:
            reader = csv.reader(file)
            header = next(reader)
            return header, [row for row, _ in zip(reader, range(count), strict=False)]
    source = random.Random(5)
    return _COLUMNS, [[str(source.randrange(4000)) for _ in _COLUMNS] for _ in range(count)]


def test_split_is_repeatable_and_every_row_is_in_one_part(client: bigquery.Client, dataset: str) -> None:
    header, rows = _cover_rows(5_000)
    text = "\n".join(",".join(row) for row in [header, *rows])
    schema = [bigquery.SchemaField(name, "INT64") for name in header]
    options = bigquery.LoadJobConfig(schema=schema, skip_leading_rows=1)
    client.load_table_from_file(io.BytesIO(text.encode()), f"{dataset}.covertype", job_config=options).result()
    sql = f"""CREATE OR REPLACE TABLE `{client.project}.{dataset}.rows_split` CLUSTER BY split AS
        SELECT *, CASE WHEN lot IN (0, 1, 2, 3, 4, 5, 6, 7) THEN 'train'
            WHEN lot = 8 THEN 'validation' WHEN lot = 9 THEN 'test' END AS split
        FROM (SELECT t.*, MOD(MOD(FARM_FINGERPRINT(TO_JSON_STRING(t)), 10) + 10, 10) AS lot
            FROM `{client.project}.{dataset}.covertype` AS t)"""
    first, second = [], []
    for counts in (first, second):
        client.query(sql).result()
        counts += _rows(client, f"SELECT split, COUNT(*) FROM {dataset}.rows_split GROUP BY split ORDER BY split")
    assert first == second
    assert [name for name, _ in first] == ["test", "train", "validation"]
    assert sum(count for _, count in first) == 5_000
    assert 0.75 < dict(first)["train"] / 5_000 < 0.85


# Restart


def test_tables_views_and_jobs_survive_a_killed_server(fresh_localgcp: LocalCloud) -> None:
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    client.create_dataset("d")
    table = _numbers(client, "d", 3)
    client.query("CREATE VIEW d.v AS SELECT SUM(n) AS total FROM d.numbers").result()
    job = client.query("SELECT 1", job_id="kept")
    job.result()
    fresh_localgcp.restart(kill=True)
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    assert client.get_table(table).num_rows == 3
    assert _rows(client, "SELECT total FROM d.v") == [(6,)]
    assert client.get_job("kept").state == "DONE"
    with pytest.raises(Conflict):
        client.query("SELECT 1", job_id="kept", job_retry=None)


def test_job_that_ran_when_the_server_died_is_reported_as_failed(fresh_localgcp: LocalCloud) -> None:
    client = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())
    client.query(_ENDLESS, job_id="cut-off")
    fresh_localgcp.restart(kill=True)
    found = bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials()).get_job("cut-off")
    assert (found.state, found.error_result["reason"]) == ("DONE", "backendError")
