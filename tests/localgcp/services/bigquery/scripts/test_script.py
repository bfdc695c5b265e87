"""Scripts without a server: values as literals, and the end of an endless script."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.script import Script
from localgcp.services.bigquery.scripts.variables import literal_text
from localgcp.services.bigquery.types.schema import Field


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, Field(name="v", type="DATE")),
        ("it's", Field(name="v", type="STRING")),
        (b"\x00'\xff", Field(name="v", type="BYTES")),
        (-(2**63), Field(name="v", type="INTEGER")),
        (0.1, Field(name="v", type="FLOAT")),
        (float("inf"), Field(name="v", type="FLOAT")),
        (True, Field(name="v", type="BOOLEAN")),
        (Decimal("1.500000000"), Field(name="v", type="NUMERIC")),
        (date(2024, 2, 29), Field(name="v", type="DATE")),
        (time(1, 2, 3, 4), Field(name="v", type="TIME")),
        (datetime(2024, 1, 2, 3, 4, 5, 6), Field(name="v", type="DATETIME")),
        (datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC), Field(name="v", type="TIMESTAMP")),
        ([], Field(name="v", type="INTEGER", mode="REPEATED")),
        (["a", None], Field(name="v", type="STRING", mode="REPEATED")),
        ({"x y": 1, "z w": None}, Field(name="v", type="RECORD", fields=(Field(name="x y", type="INTEGER"),
                                                                     Field(name="z w", type="BYTES")))),
    ],
)  # fmt: skip
def test_literal_is_the_value_with_its_type(value: object, field: Field) -> None:
    connection = duckdb.connect(":memory:")
    configure(connection)
    result = connection.execute(f"SELECT {literal_text(value, field)} AS v, typeof(v) AS kind").to_arrow_table()
    (row,) = result.to_pylist()
    assert row == {"v": value, "kind": field.duckdb_type}


class Endless:
    """Says TRUE to every condition."""

    def run_one(self, _statement: exp.Expr, _call: QueryCall) -> StatementOutcome:
        """Do nothing."""
        return StatementOutcome()

    def rows(self, _query: exp.Query, _call: QueryCall) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return TRUE."""
        return (Field(name="value", type="BOOLEAN"),), [{"value": True}]


@pytest.mark.parametrize("text", ["LOOP END LOOP", "WHILE TRUE DO CONTINUE; END WHILE"])
def test_endless_script_is_ended(text: str) -> None:
    call = QueryCall(project="p", job_id="j", query={})
    script = Script(Endless(), call, ScriptEnvironment.of_job("p", "j", ""), longest_s=0.05)
    with pytest.raises(ApiError, match=r"timed out after 0\.05 seconds") as caught:
        script.run(parse_script(text))
    assert caught.value.reason == "timeout"


def test_exception_handler_does_not_keep_an_ended_script_running() -> None:
    call = QueryCall(project="p", job_id="j", query={})
    script = Script(Endless(), call, ScriptEnvironment.of_job("p", "j", ""), longest_s=0.05)
    with pytest.raises(ApiError, match="timed out"):
        script.run(parse_script("LOOP BEGIN LOOP END LOOP; EXCEPTION WHEN ERROR THEN SELECT 1; END; END LOOP"))
