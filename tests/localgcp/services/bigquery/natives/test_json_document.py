"""PARSE_JSON of numbers that FLOAT64 cannot represent."""

import pytest

from localgcp.services.bigquery.natives.json_document import parse
from localgcp.services.bigquery.natives.native import SqlError


@pytest.mark.parametrize(
    ("text", "mode"), [("1e400", "exact"), ('{"a": [-1e400]}', "round"), ("0.12345678901234567891", "exact")]
)
def test_number_that_float64_cannot_represent_is_refused(text: str, mode: str) -> None:
    with pytest.raises(SqlError, match="cannot round-trip through string representation"):
        parse(text, mode)


def test_number_is_rounded_on_request() -> None:
    assert parse("0.12345678901234567891", "round") == "0.12345678901234568"
