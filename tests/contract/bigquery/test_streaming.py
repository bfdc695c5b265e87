"""`tabledata.insertAll` of BigQuery through google-cloud-bigquery."""

from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud

_SCHEMA = [
    bigquery.SchemaField("n", "INT64", mode="REQUIRED"),
    bigquery.SchemaField("f", "FLOAT64"),
    bigquery.SchemaField("b", "BOOL"),
    bigquery.SchemaField("at", "TIMESTAMP"),
    bigquery.SchemaField("l", "STRING", mode="REPEATED"),
    bigquery.SchemaField("r", "RECORD", fields=[bigquery.SchemaField("x", "INT64"), bigquery.SchemaField("j", "JSON")]),
]


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("streams")
    return made


@pytest.fixture
def table(client: bigquery.Client) -> str:
    name = f"streams.t_{uuid4().hex[:8]}"
    client.create_table(bigquery.Table(f"{client.project}.{name}", schema=_SCHEMA))
    return name


def _numbers(client: bigquery.Client, table: str) -> list[int]:
    return [row.n for row in client.list_rows(table)]


def test_nested_and_repeated_values_are_read_back(client: bigquery.Client, table: str) -> None:
    row = {"n": "1", "f": 1.5, "b": "true", "at": 1577934245, "l": ["a"], "r": {"x": 2, "j": '{"k": [1]}'}}
    assert client.insert_rows_json(table, [row]) == []
    (found,) = client.list_rows(table)
    assert (found.n, found.f, found.b, found.at.isoformat()) == (1, 1.5, True, "2020-01-02T03:04:05+00:00")
    assert (found.l, found.r) == (["a"], {"x": 2, "j": {"k": [1]}})


@pytest.mark.parametrize(
    ("row", "location", "message"),
    [
        ({}, "n", "Missing required field: n."),
        ({"n": 1, "Typo": 2}, "typo", "no such field: Typo."),
        ({"n": "abc"}, "n", "Cannot convert value to integer (bad value): abc"),
        ({"n": 1.5}, "n", "Cannot convert value to integer (bad value): 1.5"),
        ({"n": 1, "f": "x"}, "f", "Cannot convert value to double (bad value): x"),
        ({"n": 1, "b": "maybe"}, "b", "Cannot convert value to boolean (bad value): maybe"),
        ({"n": 1, "l": "a"}, "l", "Repeated field must be imported as a JSON array. Field: l."),
        ({"n": 1, "f": [1]}, "f", "Array specified for non-repeated field: f."),
        ({"n": 1, "r": 5}, "r", "This field: r is not a record."),
        ({"n": 1, "r": {"x": "q"}}, "r.x", "Cannot convert value to integer (bad value): q"),
        ({"n": 1, "r": {"z": 1}}, "r.z", "no such field: r.z."),
        (
            {"n": 1, "at": "now"}, "at",
            "Could not parse 'now' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or "
            "YYYY/MM/DD HH:MM[:SS[.SSSSSS]]",
        ),
    ],
)  # fmt: skip
def test_error_names_the_invalid_value(
    client: bigquery.Client, table: str, row: dict[str, Any], location: str, message: str
) -> None:
    (error,) = client.insert_rows_json(table, [row])
    assert error["index"] == 0
    (detail,) = error["errors"]
    assert (detail["reason"], detail["location"], detail["message"]) == ("invalid", location, message)


def test_invalid_row_stops_the_others_unless_skip_invalid_rows(client: bigquery.Client, table: str) -> None:
    rows = [{"n": 1}, {"n": "x"}]
    errors = client.insert_rows_json(table, rows)
    assert [(error["index"], error["errors"][0]["reason"]) for error in errors] == [(0, "stopped"), (1, "invalid")]
    assert _numbers(client, table) == []
    errors = client.insert_rows_json(table, rows, skip_invalid_rows=True)
    assert [error["index"] for error in errors] == [1]
    assert _numbers(client, table) == [1]


def test_unknown_values_are_ignored_with_the_option(client: bigquery.Client, table: str) -> None:
    assert client.insert_rows_json(table, [{"n": 1, "more": 2, "r": {"y": 3}}], ignore_unknown_values=True) == []
    assert _numbers(client, table) == [1]


def test_row_with_an_earlier_insert_id_is_not_inserted(client: bigquery.Client, table: str) -> None:
    client.insert_rows_json(table, [{"n": 1}, {"n": 2}], row_ids=["a", "b"])
    client.insert_rows_json(table, [{"n": 3}, {"n": 4}, {"n": 4}], row_ids=["b", "c", "c"])
    client.insert_rows_json(table, [{"n": 5}, {"n": 5}], row_ids=[None, None])
    assert _numbers(client, table) == [1, 2, 4, 5, 5]


def test_rows_cannot_be_inserted_into_a_view(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"CREATE VIEW {table}_v AS SELECT n FROM {table}")
    with pytest.raises(BadRequest, match="is a view, and rows cannot be inserted into it"):
        client.insert_rows_json(f"{table}_v", [{"n": 1}])


def test_template_suffix_creates_a_table_with_the_same_schema(client: bigquery.Client, table: str) -> None:
    for number in (1, 2):
        assert client.insert_rows_json(table, [{"n": number}], template_suffix="_day") == []
    assert _numbers(client, f"{table}_day") == [1, 2]
    assert client.get_table(f"{table}_day").schema == client.get_table(table).schema
    assert _numbers(client, table) == []
    with pytest.raises(NotFound):
        client.insert_rows_json("streams.none", [{"n": 1}], template_suffix="_day")
