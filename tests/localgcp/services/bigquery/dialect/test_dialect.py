"""GoogleSQL expressions by their values, which BigQuery's documentation or arithmetic gives."""

import math
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.dialect import render, rewrite
from localgcp.services.bigquery.dialect.typed import rewrite_typed
from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.planner import Planner


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner()


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    configure(connection)
    return connection


def run(database: duckdb.DuckDBPyConnection, planner: Planner, sql: str) -> duckdb.DuckDBPyConnection:
    (statement,) = parse(sql)
    return database.execute(render(rewrite_typed(rewrite(statement), planner)))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # Numbers: a literal with a point is FLOAT64, a whole one INT64.
        ("7 / 2", 3.5),
        ("DIV(7, 2)", 3),
        ("MOD(-5, 3)", -2),
        ("9223372036854775806 + 1", 9223372036854775807),
        ("3000000000 + 3000000000", 6000000000),
        ("0.1 + 0.2 = 0.3", False),
        ("SAFE_DIVIDE(1, 0)", None),
        ("SAFE.DIV(1, 0)", None),
        ("SAFE_ADD(9223372036854775807, 1)", None),
        ("SAFE_MULTIPLY(2, 3) - 1", 5),
        ("IEEE_DIVIDE(1, 0)", math.inf),
        ("RANGE_BUCKET(20, [0, 10, 20, 30, 40])", 3),
        # Dates: a week without a day starts on Sunday.
        ("EXTRACT(DAYOFWEEK FROM DATE '2017-10-15')", 1),
        ("EXTRACT(ISOWEEK FROM DATE '2005-01-01')", 53),
        ("EXTRACT(MILLISECOND FROM DATETIME '2020-01-01 00:00:07.123')", 123),
        ("EXTRACT(DATE FROM TIMESTAMP '2020-01-02 03:04:05+00')", date(2020, 1, 2)),
        ("DATE_ADD(DATE '2020-02-28', INTERVAL 2 DAY)", date(2020, 3, 1)),
        ("DATE_SUB(DATE '2020-03-01', INTERVAL 1 MONTH)", date(2020, 2, 1)),
        ("DATE_TRUNC(DATE '2017-11-05', ISOWEEK)", date(2017, 10, 30)),
        ("DATE_TRUNC(DATE '2017-11-05', QUARTER)", date(2017, 10, 1)),
        ("DATETIME_TRUNC(DATETIME '2017-11-05 10:20:30', ISOWEEK)", datetime(2017, 10, 30)),
        ("DATETIME_TRUNC(DATETIME '2017-11-05 10:20:30', HOUR)", datetime(2017, 11, 5, 10)),
        ("CAST(TIMESTAMP_TRUNC(TIMESTAMP '2017-11-05 10:20:30+00', ISOWEEK) AS DATE)", date(2017, 10, 30)),
        ("DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)", 1),
        ("DATE_DIFF(DATE '2017-12-18', DATE '2017-12-17', WEEK(MONDAY))", 1),
        ("DATE_DIFF(DATE '2017-12-18', DATE '2017-12-17', ISOWEEK)", 1),
        ("DATE_DIFF(DATE '2017-12-18', DATE '2017-12-17', WEEK)", 0),
        ("DATE_DIFF(DATE '2017-12-30', DATE '2014-12-30', YEAR)", 3),
        ("TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-08-13 01:00:00+00', DAY)", 0),
        # A star stands beside JSON: only columns have fields.
        ("(SELECT TO_JSON_STRING(x.j) FROM (SELECT t.*, TO_JSON(t.a) AS j FROM (SELECT 7 AS a) AS t) AS x)", "7"),
        # Text and arrays.
        ("REGEXP_EXTRACT('foo@example.com', r'^[a-z]+')", "foo"),
        ("REGEXP_EXTRACT('foo@example.com', r'@(.+)\\.')", "example"),
        ("REGEXP_EXTRACT('foo', r'bar')", None),
        ("FORMAT('%05d|%s', 42, 'x')", "00042|x"),
        ("TO_HEX(b'\\x00ab')", "006162"),
        ("[10, 20][OFFSET(1)]", 20),
        ("ARRAY(SELECT off FROM UNNEST(['a', 'b']) WITH OFFSET AS off ORDER BY off)", [0, 1]),
        ("ARRAY(SELECT x FROM UNNEST(['b', 'a']) AS x WITH OFFSET AS off ORDER BY off DESC)", ["a", "b"]),
        ("ARRAY(SELECT x FROM UNNEST(['b', 'a']) AS x WITH OFFSET AS off WHERE off > 0)", ["a"]),
        ("(SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY x) FROM UNNEST([2, NULL, 1]) AS x)", [1, 2]),
        ("(SELECT APPROX_QUANTILES(x, 2) FROM UNNEST([1, 5, 9]) AS x)", [1, 5, 9]),
    ],
)
def test_expression_has_its_value(
    database: duckdb.DuckDBPyConnection, planner: Planner, expression: str, value: Any
) -> None:
    (found,) = run(database, planner, f"SELECT {expression}").fetchall()[0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("expression", ["1 / 0", "MOD(1, 0)", "DIV(1, 0)", "1 / (2 - 2)"])
def test_division_by_zero_is_an_error(database: duckdb.DuckDBPyConnection, planner: Planner, expression: str) -> None:
    with pytest.raises(duckdb.Error, match="division by zero"):
        run(database, planner, f"SELECT {expression}").fetchall()


def test_columns_are_named_as_they_are_written_or_numbered(
    database: duckdb.DuckDBPyConnection, planner: Planner
) -> None:
    sql = "SELECT x, x AS y, x + 1, s.Inner, 'text' FROM (SELECT 1 AS x, STRUCT(2 AS `Inner`) AS s)"
    assert [column[0] for column in run(database, planner, sql).description] == ["x", "y", "f0_", "Inner", "f1_"]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT HLL_COUNT.INIT(x)", "HLL_COUNT.INIT"),
        ("SELECT NET.PUBLIC_SUFFIX(x)", "NET.PUBLIC_SUFFIX"),
        ("SELECT * FROM some_function(1)", "table function"),
        ("SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01'", "FOR SYSTEM_TIME AS OF"),
    ],
)
def test_error_names_an_unsupported_function(sql: str, named: str) -> None:
    (statement,) = parse(sql)
    with pytest.raises(ApiError, match="localgcp does not support") as caught:
        rewrite(statement)
    assert caught.value.code == 400
    assert named in caught.value.message


def test_type_of_equal_expressions_is_asked_for_once(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, columns = [], planner.columns

    def ask(sql: str) -> list[tuple[str, Any]]:
        asked.append(sql)
        return columns(sql)

    monkeypatch.setattr(planner, "columns", ask)
    (statement,) = parse("SELECT CAST(x AS STRING), CAST(x AS INT64), FORMAT('%t %t', x, x) FROM (SELECT 1.5 AS x)")
    rewrite_typed(rewrite(statement), planner)
    assert len(asked) == 1
