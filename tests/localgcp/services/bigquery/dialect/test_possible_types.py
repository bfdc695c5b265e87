"""A statement asks for types of expressions only if it can have a type with forms of its own."""

import pytest

from localgcp.services.bigquery.dialect import rewrite
from localgcp.services.bigquery.dialect.possible_types import possible_types
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.planner import Planner, Shape
from localgcp.services.bigquery.types.schema import Field


@pytest.fixture(scope="module")
def planner() -> Planner:
    made = Planner()
    inner = Field(name="b", type="BYTES")
    made.add_tables([Shape("t", (Field(name="n", type="NUMERIC"), Field(name="r", type="RECORD", fields=(inner,))))])
    return made


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT 1 + 2, 'a' || 'b', CURRENT_TIMESTAMP() IS NULL", set()),
        ("SELECT SUM(x) OVER (ORDER BY x RANGE 1 PRECEDING) FROM UNNEST([1, 2]) AS x", set()),
        ("SELECT b'abc'", {"BYTES"}),
        ("SELECT FROM_BASE64('YQ==')", {"BYTES"}),
        ("SELECT CAST('1' AS NUMERIC)", {"NUMERIC"}),
        ("SELECT DATE '2024-01-31' + 1", {"DATE"}),
        ("SELECT JSON '{}'", {"JSON"}),
        ("SELECT TO_JSON(1)", {"JSON"}),
        ("SELECT TO_JSON_STRING(1)", set()),
        ("SELECT 'json', 'date', 'bytes'", set()),
        ("SELECT n FROM t", {"NUMERIC", "BYTES"}),
    ],
)
def test_types_come_from_columns_literals_casts_and_functions(planner: Planner, sql: str, types: set[str]) -> None:
    (statement,) = parse(sql)
    assert possible_types(rewrite(statement), planner) == types
