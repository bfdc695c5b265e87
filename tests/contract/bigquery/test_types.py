"""The types of BigQuery through google-cloud-bigquery: columns, parameters, literals, and constraints."""

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from dateutil.relativedelta import relativedelta
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter, StructQueryParameter

_INTERVAL = relativedelta(years=1, months=2, days=3, hours=4, minutes=5, seconds=6)


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> str:
    name = f"types_{uuid4().hex[:8]}"
    client.create_dataset(name)
    return name


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> Iterator[str]:
    name = f"{dataset}.t_{uuid4().hex[:8]}"
    yield name
    client.delete_table(name, not_found_ok=True)


def _sent(value: Any) -> Any:
    """Return a value that the client can send; an INTERVAL is sent as a string."""
    if isinstance(value, relativedelta):
        return "1-2 3 4:5:6" if value.years > 0 else "-1-2 -3 -4:5:6"
    return value


def _streamed(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else _sent(value)


def _rows(client: bigquery.Client, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    return [tuple(row.values()) for row in client.query(sql, job_config=config).result()]


def _kinds(client: bigquery.Client, sql: str) -> list[str]:
    return [field.field_type for field in client.query(sql).result().schema]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("STRING", "Größe"),
        ("BYTES", b"\x00\xfe\xff>>?"),
        ("INT64", -(2**63)),
        ("FLOAT64", 0.1),
        ("BOOL", False),
        ("DATE", date(2024, 2, 29)),
        ("DATETIME", datetime(2024, 2, 29, 1, 2, 3, 4)),
        ("TIMESTAMP", datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC)),
        ("TIME", time(1, 2, 3, 4)),
        ("NUMERIC", Decimal("-12345678901234567890123456789.123456789")),
        ("BIGNUMERIC", Decimal("1234567890123456789.123456789012345678")),
        ("INTERVAL", _INTERVAL),
        ("INTERVAL", -_INTERVAL),
        ("JSON", {"a": [1, None]}),
    ],
)
class TestParameters:
    """A parameter is of its type and has its value."""

    def test_scalar(self, client: bigquery.Client, kind: str, value: Any) -> None:
        given = ScalarQueryParameter("v", kind, _sent(value)), ScalarQueryParameter("n", kind, None)
        assert _rows(client, "SELECT @v, @n, @n IS NULL", *given) == [(value, None, True)]

    def test_positional(self, client: bigquery.Client, kind: str, value: Any) -> None:
        given = ScalarQueryParameter(None, kind, _sent(value)), ScalarQueryParameter(None, "INT64", 7)
        assert _rows(client, "SELECT ?, ?", *given) == [(value, 7)]

    def test_array(self, client: bigquery.Client, kind: str, value: Any) -> None:
        given = ArrayQueryParameter("full", kind, [_sent(value)] * 2), ArrayQueryParameter("empty", kind, [])
        sql = "SELECT @full, @empty, ARRAY_LENGTH(@full), ARRAY_LENGTH(@empty)"
        assert _rows(client, sql, *given) == [([value, value], [], 2, 0)]

    def test_member_of_a_struct(self, client: bigquery.Client, kind: str, value: Any) -> None:
        inner = StructQueryParameter("inner", ScalarQueryParameter("v", kind, _sent(value)))
        given = StructQueryParameter("s", inner, ScalarQueryParameter("n", kind, None))
        assert _rows(client, "SELECT @s, @s.inner.v", given) == [({"inner": {"v": value}, "n": None}, value)]

    def test_name_of_the_type(self, client: bigquery.Client, kind: str, value: Any) -> None:
        config = bigquery.QueryJobConfig(query_parameters=[ScalarQueryParameter("v", kind, _sent(value))])
        (field,) = client.query("SELECT @v AS v", job_config=config).result().schema
        legacy = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
        assert field.field_type == legacy.get(kind, kind)

    def test_column_by_streaming_and_by_listing(
        self, client: bigquery.Client, table: str, kind: str, value: Any
    ) -> None:
        schema = [bigquery.SchemaField("v", kind), bigquery.SchemaField("vs", kind, mode="REPEATED")]
        created = client.create_table(bigquery.Table(f"{client.project}.{table}", schema=schema))
        sent = _streamed(value)
        assert client.insert_rows_json(table, [{"v": sent, "vs": [sent]}, {"v": None}]) == []
        rows = [tuple(row.values()) for row in client.list_rows(created)]
        assert rows == [(value, [value]), (None, [])]


@pytest.mark.parametrize("skips", [False, True])
def test_streamed_row_that_is_too_long_is_reported_alone(client: bigquery.Client, table: str, *, skips: bool) -> None:
    created = client.create_table(
        bigquery.Table(f"{client.project}.{table}", schema=[bigquery.SchemaField("v", "STRING", max_length=3)])
    )
    rows = [{"v": "abc"}, {"v": "abcd"}, {"v": "d"}]
    problems = client.insert_rows_json(table, rows, skip_invalid_rows=skips)
    reasons = {problem["index"]: problem["errors"][0]["reason"] for problem in problems}
    assert reasons == ({1: "invalid"} if skips else {0: "stopped", 1: "invalid", 2: "stopped"})
    assert [row["v"] for row in client.list_rows(created)] == (["abc", "d"] if skips else [])


def test_arrays_of_structs_and_structs_of_arrays_are_parameters(client: bigquery.Client) -> None:
    def pair(name: str, number: int) -> StructQueryParameter:
        return StructQueryParameter(
            None, ScalarQueryParameter("name", "STRING", name), ArrayQueryParameter("ns", "INT64", [number])
        )

    pairs = ArrayQueryParameter("pairs", "STRUCT", [pair("a", 1), pair("b", 2)])
    assert _rows(client, "SELECT p.name, p.ns[OFFSET(0)] FROM UNNEST(@pairs) AS p ORDER BY 1", pairs) == [
        ("a", 1),
        ("b", 2),
    ]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NUMERIC '1.123456789' * 2", Decimal("2.246913578")),
        ("CAST('12345678901234567890.123456789' AS NUMERIC)", Decimal("12345678901234567890.123456789")),
        ("NUMERIC '1.1' * NUMERIC '1.1'", Decimal("1.21")),
        ("NUMERIC '0.000000001' * NUMERIC '0.5'", Decimal("0.000000001")),
        ("BIGNUMERIC '1.123456789012345678' * 3", Decimal("3.370370367037037034")),
        ("BIGNUMERIC '1.5' + 1", Decimal("2.5")),
        ("BIGNUMERIC '1.5' + NUMERIC '1.25'", Decimal("2.75")),
        ("CAST(BIGNUMERIC '2.5' AS INT64)", 3),
        ("CAST(BIGNUMERIC '2.50' AS STRING)", "2.5"),
        ("TO_JSON_STRING(BIGNUMERIC '2.50')", '"2.5"'),
        ("CAST(1.239 AS NUMERIC(5, 2))", Decimal("1.24")),
        ("CAST('abc' AS STRING(3))", "abc"),
        ("SAFE_CAST('abcd' AS STRING(3))", None),
        ("INTERVAL '1-2 3 4:5:6' YEAR TO SECOND", _INTERVAL),
        ("INTERVAL '1-2' YEAR TO MONTH", relativedelta(years=1, months=2)),
        ("INTERVAL '10:20.5' MINUTE TO SECOND", relativedelta(minutes=10, seconds=20, microseconds=500000)),
        ("INTERVAL 5 DAY", relativedelta(days=5)),
        ("MAKE_INTERVAL(1, 2, 3, 4, 5, 6)", _INTERVAL),
        ("MAKE_INTERVAL(hour => 3)", relativedelta(hours=3)),
        ("CAST('1-2 3 4:5:6' AS INTERVAL)", _INTERVAL),
        ("CAST(INTERVAL '1-2 -3 4:5:6.5' YEAR TO SECOND AS STRING)", "1-2 -3 4:5:6.500"),
        ("TO_JSON_STRING(INTERVAL '1-2 3 4:5:6' YEAR TO SECOND)", '"P1Y2M3DT4H5M6S"'),
        ("EXTRACT(MONTH FROM INTERVAL 14 MONTH)", 2),
        ("EXTRACT(HOUR FROM INTERVAL 50 HOUR)", 50),
        ("CAST(JUSTIFY_HOURS(INTERVAL 29 HOUR) AS STRING)", "0-0 1 5:0:0"),
        ("CAST(JUSTIFY_DAYS(INTERVAL 65 DAY) AS STRING)", "0-2 5 0:0:0"),
        ("CAST(JUSTIFY_INTERVAL(INTERVAL '29 49:00:00' DAY TO SECOND) AS STRING)", "0-1 1 1:0:0"),
        ("INTERVAL 1 DAY * 3", relativedelta(days=3)),
        ("INTERVAL 1 MONTH > INTERVAL 29 DAY", True),
        ("STRUCT<a INT64, b STRING>(1, 'x')", {"a": 1, "b": "x"}),
        ("STRUCT<a NUMERIC, b ARRAY<STRING>>(1, ['x'])", {"a": Decimal(1), "b": ["x"]}),
        ("STRUCT<DATE, INT64>('2024-01-02', 1)", {"_field_1": date(2024, 1, 2), "_field_2": 1}),
        ("ARRAY<STRUCT<a INT64, b STRING>>[(1, 'x'), (2, NULL)]", [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        ("[STRUCT(1 AS a, 'x' AS b), (2, 'y')]", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("ARRAY<INT64>[]", []),
        ("ARRAY<FLOAT64>[1, 2.5]", [1.0, 2.5]),
        ("STRUCT(1 AS a, STRUCT('x' AS c) AS b).b.c", "x"),
        ("STRUCT(1 AS a, 'x' AS b) = STRUCT(1 AS a, 'x' AS b)", True),
        ("STRUCT(1, 'x') IN (STRUCT(1, 'x'), STRUCT(2, 'y'))", True),
        ("(1, 'x') = (1, 'y')", False),
        ("(SELECT SUM(x) FROM UNNEST([NUMERIC '1.5', NUMERIC '2.5']) AS x)", Decimal(4)),
        ("(SELECT MAX(x) FROM UNNEST([BIGNUMERIC '1.5', BIGNUMERIC '2.5']) AS x)", Decimal("2.5")),
    ],
)
def test_expression(client: bigquery.Client, expression: str, value: Any) -> None:
    assert _rows(client, f"SELECT {expression}") == [(value,)]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("STRING(3)", "'abcd'", r"Field v: STRING\(3\) has maximum length 3 but got a value with length 4"),
        ("BYTES(2)", "b'abc'", r"Field v: BYTES\(2\) has maximum length 2 but got a value with length 3"),
        (
            "NUMERIC(5, 2)",
            "NUMERIC '1000'",
            r"NUMERIC\(5, 2\) has precision 5 and scale 2 .* range of \[-999.99, 999.99",
        ),
        ("ARRAY<STRING(3)>", "['abc', 'abcd']", r"Field v: STRING\(3\) has maximum length 3"),
        ("STRUCT<a STRING(3)>", "STRUCT('abcd' AS a)", r"Field a: STRING\(3\) has maximum length 3"),
        ("INT64 NOT NULL", "CAST(NULL AS INT64)", "Required field v cannot be null"),
        ("ARRAY<INT64>", "[1, NULL]", "Array cannot have a null element; error in writing field v"),
    ],
)
def test_value_that_violates_a_constraint_is_refused(
    client: bigquery.Client, table: str, kind: str, value: str, message: str
) -> None:
    client.query(f"CREATE TABLE {table} (v {kind})").result()
    config = bigquery.QueryJobConfig(destination=f"{client.project}.{table}", write_disposition="WRITE_APPEND")
    with pytest.raises(BadRequest, match=message):
        client.query(f"SELECT {value} AS v", job_config=config).result()
    assert client.get_table(table).num_rows == 0


def test_type_parameters_are_in_the_schema(client: bigquery.Client, table: str) -> None:
    client.query(f"CREATE TABLE {table} (a STRING(10), b BYTES(5), c NUMERIC(5, 2), d BIGNUMERIC(30))").result()
    schema = client.get_table(table).schema
    assert [(field.max_length, field.precision, field.scale) for field in schema] == [
        (10, None, None),
        (5, None, None),
        (None, 5, 2),
        (None, 30, None),
    ]


def test_streamed_row_that_is_too_long_is_refused(client: bigquery.Client, table: str) -> None:
    client.query(f"CREATE TABLE {table} (v STRING(3))").result()
    (problem,) = client.insert_rows_json(table, [{"v": "abcd"}])
    assert "STRING(3) has maximum length 3 but got a value with length 4" in problem["errors"][0]["message"]


def test_streamed_rows_that_violate_a_constraint_are_reported_and_others_inserted(
    client: bigquery.Client, table: str
) -> None:
    client.query(f"CREATE TABLE {table} (v STRING(3))").result()
    rows = [{"v": "abcd"}, {"v": "a"}, {"v": "\ud800"}, {"v": "b"}]
    long, broken = client.insert_rows_json(table, rows, skip_invalid_rows=True)
    assert (long["index"], broken["index"]) == (0, 2)
    assert "surrogates not allowed" in broken["errors"][0]["message"]
    assert "Traceback" not in broken["errors"][0]["message"]
    assert _rows(client, f"SELECT v FROM {table} ORDER BY v") == [("a",), ("b",)]


def test_scale_rounds_what_is_stored(client: bigquery.Client, table: str) -> None:
    client.query(f"CREATE TABLE {table} (v NUMERIC(5, 2))").result()
    assert client.insert_rows_json(table, [{"v": "1.239"}]) == []
    assert _rows(client, f"SELECT v FROM {table}") == [(Decimal("1.24"),)]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (bigquery.SchemaField("v", "GEOGRAPHY"), "GEOGRAPHY is not a valid value"),
        (bigquery.SchemaField("v", "INT64", max_length=3), "maxLength"),
        (bigquery.SchemaField("v", "NUMERIC", precision=40, scale=2), r"In NUMERIC\(P, 2\), P must be between"),
    ],
)
def test_unknown_type_is_refused(
    client: bigquery.Client, table: str, field: bigquery.SchemaField, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        client.create_table(bigquery.Table(f"{client.project}.{table}", schema=[field]))
