"""TO_JSON_STRING, byte for byte."""

import json
import math

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.types.json_text import json_object, json_text
from localgcp.services.bigquery.types.schema import Field, from_duckdb


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:")
    configure(made)
    return made


def _json(connection: duckdb.DuckDBPyConnection, expression: str) -> str:
    (kind,) = connection.sql(f"SELECT {expression} AS v").types
    text = json_text("v", from_duckdb("v", kind))
    row = connection.execute(f"SELECT {text} FROM (SELECT {expression} AS v)").fetchone()
    return str(row[0])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CAST(1 AS BIGINT)", "1"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", '"9007199254740993"'),
        ("-9007199254740993", '"-9007199254740993"'),
        ("1.0e0", "1"),
        ("0.1e0", "0.1"),
        ("0.1e0 + 0.2e0", "0.30000000000000004"),
        ("1e15", "1e+15"),
        ("123456789012345e0", "123456789012345"),
        ("1e-7", "1e-07"),
        ("CAST('nan' AS DOUBLE)", '"NaN"'),
        ("CAST('-inf' AS DOUBLE)", '"-Infinity"'),
        ("CAST(1.50 AS DECIMAL(38,9))", '"1.5"'),
        ("CAST(3 AS DECIMAL(38,9))", "3"),
        ("true", "true"),
        ("CAST(NULL AS BIGINT)", "null"),
        ("'é<>&/'", '"é<>&/"'),
        ("chr(10) || chr(8) || chr(31) || chr(127)", '"\\n\\b\\u001f\x7f"'),
        ("chr(8232) || chr(8233)", '"\\u2028\\u2029"'),
        ("unhex('00ff')", '"AP8="'),
        ("DATE '2020-01-02'", '"2020-01-02"'),
        ("TIMESTAMP '2020-01-02 03:04:05'", '"2020-01-02T03:04:05"'),
        ("TIMESTAMPTZ '2020-01-02 03:04:05+00'", '"2020-01-02T03:04:05Z"'),
        ("TIMESTAMPTZ '2020-01-02 03:04:05.12+00'", '"2020-01-02T03:04:05.120Z"'),
        ("TIMESTAMPTZ '2020-01-02 03:04:05.123456+00'", '"2020-01-02T03:04:05.123456Z"'),
        ("TIME '03:04:05'", '"03:04:05"'),
        ("[CAST(1 AS BIGINT), NULL]", "[1,null]"),
        ("CAST([] AS BIGINT[])", "[]"),
        ("{'B b': CAST(1 AS BIGINT), 'a': ['x']}", '{"B b":1,"a":["x"]}'),
        ("[{'a': [CAST(1 AS BIGINT)]}]", '[{"a":[1]}]'),
    ],
)
def test_value_has_its_json_text(connection: duckdb.DuckDBPyConnection, expression: str, expected: str) -> None:
    assert _json(connection, expression) == expected


def test_key_is_escaped(connection: duckdb.DuckDBPyConnection) -> None:
    text = json_object([("a\"b'c", "CAST(1 AS BIGINT)", Field(name="x", type="INTEGER"))])
    assert connection.execute(f"SELECT {text}").fetchone() == ('{"a\\"b\'c":1}',)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_string_survives_a_round_trip(text: str) -> None:
    with duckdb.connect(":memory:") as connection:
        sql = f"SELECT {json_text('v', Field(name='v', type='STRING'))} FROM (SELECT ? AS v)"
        row = connection.execute(sql, [text]).fetchone()
    assert json.loads(row[0]) == text


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float_survives_a_round_trip_in_the_form_of_printf(value: float) -> None:
    with duckdb.connect(":memory:") as connection:
        sql = f"SELECT {json_text('v', Field(name='v', type='FLOAT'))} FROM (SELECT CAST(? AS DOUBLE) AS v)"
        text = connection.execute(sql, [value]).fetchone()[0]
    assert math.copysign(1, float(text)) == math.copysign(1, value)
    assert float(text) == value
    short = f"{value:.15g}"
    assert text == (short if float(short) == value else f"{value:.17g}")
