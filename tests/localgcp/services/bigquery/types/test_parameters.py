"""The parameters of types."""

from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.types.parameters import check_parameters, parameters_of, parameters_text


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("INTEGER", {"maxLength": "5"}, "maxLength can only be set on STRING and BYTES"),
        ("STRING", {"maxLength": "0"}, "must be positive"),
        ("STRING", {"precision": "5"}, "only be set on NUMERIC and BIGNUMERIC"),
        ("NUMERIC", {"scale": "2"}, "together with precision"),
        ("NUMERIC", {"precision": "12", "scale": "10"}, "S must be between 0 and 9"),
        ("NUMERIC", {"precision": "33", "scale": "2"}, "P must be between 2 and 31"),
    ],
)
def test_parameters_out_of_range_are_a_400(kind: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        check_parameters(kind, {"name": "x", **parameters})
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("kind", "values", "text"), [("STRING", [10], "(10)"), ("NUMERIC", [5, 2], "(5, 2)"), ("BIGNUMERIC", [5], "(5)")]
)
def test_parameters_are_written_as_read(kind: str, values: list[int], text: str) -> None:
    parameters = parameters_of(kind, values)
    check_parameters(kind, {"name": "x", **parameters})
    assert parameters_text(parameters) == text
