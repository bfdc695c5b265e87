"""NUMERIC: parsing, rounding, and BigQuery's messages for numbers out of range."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.natives.arithmetic import NATIVES
from localgcp.services.bigquery.natives.native import SqlError

_OF = {native.name: native.function for native in NATIVES}


@given(st.decimals(-(10**28), 10**28, places=9))
def test_numeric_is_parsed_from_its_text(value: Decimal) -> None:
    assert _OF["gs_parse_numeric"](f"{value:,f}") == value


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("gs_parse_numeric", ("1e999",), "numeric overflow"),
        ("gs_parse_numeric", ("99999999999999999999999999999.9999999999",), "numeric overflow"),
        ("gs_parse_numeric", ("nan",), "Invalid input to PARSE_NUMERIC: nan"),
        ("gs_numeric_power", (Decimal(10), Decimal(10**9)), "numeric overflow"),
        ("gs_numeric_power", (Decimal(0), Decimal(-1)), r"division by zero: POW\(0, -1\)"),
        ("gs_numeric_power", (Decimal(-8), Decimal("0.5")), r"Illegal numeric POW\(-8, 0.5\)"),
        ("gs_cosine_distance", ([1.0, None], [1.0, 2.0]), "a vector with a NULL"),
    ],
)
def test_number_out_of_range_is_refused(name: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(SqlError, match=message):
        _OF[name](*arguments)


@pytest.mark.parametrize(("places", "rounded"), [(200, "2.5"), (0, "2"), (-200, "0")])
def test_halves_are_rounded_to_even_at_any_digit(places: int, rounded: str) -> None:
    assert _OF["gs_round_even"](Decimal("2.5"), places) == Decimal(rounded)
