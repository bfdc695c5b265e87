"""Parameters: reading, scales, grids and flags."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.services.vertex.tuning.search_space import Parameter, ParameterKind, Scale, is_active, read_parameters

NUMBERS = st.floats(1e-6, 1e6, allow_nan=False)


def one(**spec: Any) -> Parameter:
    return read_parameters([{"parameterId": "p", **spec}])[0]


@given(low=NUMBERS, high=NUMBERS, scale=st.sampled_from(list(Scale)), value=st.floats(0, 1))
def test_values_survive_the_translation_to_optuna_and_stay_in_range(
    low: float, high: float, scale: Scale, value: float
) -> None:
    low, high = sorted((low, high))
    parameter = Parameter(name="p", kind=ParameterKind.DOUBLE, scale=scale, low=low, high=high)
    wanted = low + value * (high - low)
    found = parameter.from_search(parameter.to_search(wanted))
    assert low <= found <= high
    assert found == pytest.approx(wanted, abs=high * 1e-9)


@given(values=st.lists(NUMBERS, min_size=1, max_size=8, unique=True))
def test_discrete_values_are_sorted(values: list[float]) -> None:
    parameter = one(discreteValueSpec={"values": values})
    assert list(parameter.choices) == sorted(values)
    assert [parameter.from_search(parameter.to_search(value)) for value in values] == values


def test_centre_lies_in_the_middle_of_its_scale() -> None:
    span = {"minValue": 0.01, "maxValue": 1}
    assert one(doubleValueSpec=span).centre() == pytest.approx(0.505)
    assert one(doubleValueSpec=span, scaleType="UNIT_LOG_SCALE").centre() == pytest.approx(0.1)
    assert one(doubleValueSpec=span, scaleType="UNIT_REVERSE_LOG_SCALE").centre() == pytest.approx(0.91)


def test_reverse_log_is_finer_near_the_top() -> None:
    parameter = one(doubleValueSpec={"minValue": 0.01, "maxValue": 1}, scaleType="UNIT_REVERSE_LOG_SCALE")
    quarters = [parameter.from_search(math.exp(math.log(0.01) * part)) for part in (1, 0.75, 0.5, 0.25, 0)]
    steps = [left - right for left, right in itertools.pairwise(quarters)]
    assert steps == sorted(steps)


def test_default_is_the_starting_point() -> None:
    assert one(integerValueSpec={"minValue": "1", "maxValue": "9", "defaultValue": "2"}).centre() == 2.0


def test_integer_flag_has_no_fraction_and_discrete_flag_has_one() -> None:
    assert one(integerValueSpec={"minValue": "1", "maxValue": "9"}).flag(6.0) == "6"
    assert one(discreteValueSpec={"values": [6]}).flag(6.0) == "6.0"
    assert one(categoricalValueSpec={"values": ["6"]}).flag("6") == "6"


def test_grid_lists_every_integer() -> None:
    assert one(integerValueSpec={"minValue": "2", "maxValue": "4"}).grid() == (2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"doubleValueSpec": {"minValue": 2, "maxValue": 1}}, "double_value_spec: min_value 2"),
        ({"doubleValueSpec": {"maxValue": 1}, "scaleType": "UNIT_LOG_SCALE"}, "scale_type"),
        (
            {"integerValueSpec": {"minValue": "-1", "maxValue": "1"}, "scaleType": "UNIT_REVERSE_LOG_SCALE"},
            "scale_type",
        ),
        ({"discreteValueSpec": {"values": [0, 1]}, "scaleType": "UNIT_LOG_SCALE"}, "scale_type"),
        ({"categoricalValueSpec": {"values": []}}, "categorical_value_spec.values"),
        ({"categoricalValueSpec": {"values": ["a", "a"]}}, "must differ"),
        ({"doubleValueSpec": {"maxValue": 1, "defaultValue": 3}}, "double_value_spec.default_value"),
        ({"categoricalValueSpec": {"values": ["a"], "defaultValue": "b"}}, "categorical_value_spec.default_value"),
        ({}, "needs one of"),
    ],
)
def test_impossible_parameter_is_refused_by_field(spec: dict[str, Any], field: str) -> None:
    with pytest.raises(ApiError) as caught:
        one(**spec)
    assert caught.value.code == 400
    assert field in caught.value.message


def test_conditional_parameter_follows_its_parent() -> None:
    child = {"parameterId": "gamma", "doubleValueSpec": {"maxValue": 1}}
    parameters = read_parameters(
        [
            {
                "parameterId": "kernel",
                "categoricalValueSpec": {"values": ["rbf", "linear"]},
                "conditionalParameterSpecs": [{"parentCategoricalValues": {"values": ["rbf"]}, "parameterSpec": child}],
            }
        ]
    )
    assert [parameter.name for parameter in parameters] == ["kernel", "gamma"]
    assert is_active(parameters[1], {"kernel": "rbf"})
    assert not is_active(parameters[1], {"kernel": "linear"})


def test_duplicate_parameter_is_refused() -> None:
    spec = {"parameterId": "p", "doubleValueSpec": {"maxValue": 1}}
    with pytest.raises(ApiError, match="more than once"):
        read_parameters([spec, spec])
