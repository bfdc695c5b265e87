"""Encoding and decoding of bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.natives.codes import NATIVES
from localgcp.services.bigquery.natives.native import SqlError

_OF = {native.name: native.function for native in NATIVES}


@given(st.binary(max_size=40))
def test_bytes_are_decoded_from_base32_base64_and_hexadecimal(value: bytes) -> None:
    assert _OF["gs_from_base32"](_OF["gs_to_base32"](value)) == value
    assert _OF["gs_from_base64"](base64.b64encode(value).decode()) == value
    assert _OF["gs_from_hex"](value.hex()) == value
    assert _OF["gs_bytes_of_points"](_OF["gs_points_bytes"](value)) == value


# Code point 0 is the empty text.
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_text_is_rebuilt_from_its_code_points(value: str) -> None:
    assert _OF["gs_text_of_points"](_OF["gs_points_text"](value)) == value


@pytest.mark.parametrize("name", ["gs_from_base32", "gs_from_base64", "gs_from_hex"])
@pytest.mark.parametrize("text", ["\u00e9", "!"])
def test_malformed_code_is_refused(name: str, text: str) -> None:
    with pytest.raises(SqlError, match=r"[Ii]nvalid"):
        _OF[name](text)
