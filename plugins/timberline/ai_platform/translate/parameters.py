"""Translates a hyperparameter of v1. Pure."""

import itertools
from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.jobs.selection import ParameterType
from timberline.run.errors import AiPlatformError, JobFileError
from timberline.spec.studyspec import (
    CategoricalValueSpec,
    DiscreteValueSpec,
    DoubleValueSpec,
    IntegerValueSpec,
    ParameterSpec,
    ScaleType,
)

# The fields with the values of each type.
_VALUE_FIELDS = {
    ParameterType.INTEGER: ("minValue", "maxValue"),
    ParameterType.DOUBLE: ("minValue", "maxValue"),
    ParameterType.DISCRETE: ("discreteValues",),
    ParameterType.CATEGORICAL: ("categoricalValues",),
}
_ALL_VALUE_FIELDS = ("minValue", "maxValue", "discreteValues", "categoricalValues")
_LEAST_DISTANCE = 1e-10  # of discrete values: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec
_INT64 = 2**63


def translate_parameter(parameter: Mapping[str, Any], name: str, path: str, notes: Notes) -> ParameterSpec:
    """Return Vertex AI's ParameterSpec.

    Args:
        parameter: the v1 ParameterSpec.
        name: the parameter's name on Vertex AI.
        path: the field's path in messages.
        notes: receives the notes.

    Raises:
        AiPlatformError: values are missing, invalid, or of the wrong type.
    """
    kind = _type(parameter, path)
    _check_fields(parameter, kind, path, notes)
    scale = parameter.get("scaleType", "NONE")
    if kind is ParameterType.CATEGORICAL and scale != "NONE":
        raise AiPlatformError(f"{path}.scaleType: expected none for CATEGORICAL, found {scale}; remove it")
    try:
        return ParameterSpec(
            parameter_id=name,
            scale_type=None if scale == "NONE" else ScaleType(scale),
            **_values(parameter, kind, path),
        )
    except JobFileError as error:
        raise AiPlatformError(f"{path}: {error}") from None


def _type(parameter: Mapping[str, Any], path: str) -> ParameterType:
    kind = parameter.get("type", "PARAMETER_TYPE_UNSPECIFIED")
    if kind == "PARAMETER_TYPE_UNSPECIFIED":
        raise AiPlatformError(f"{path}.type: expected one of {', '.join(ParameterType)}, found none; set it")
    return ParameterType(kind)


def _check_fields(parameter: Mapping[str, Any], kind: ParameterType, path: str, notes: Notes) -> None:
    """Check that exactly the values of the type are set; in v1 DISCRETE ignores bounds."""
    for field in _VALUE_FIELDS[kind]:
        if field not in parameter:
            raise AiPlatformError(f"{path}.{field}: expected a value for {kind}, found none; set it")
    for field in _ALL_VALUE_FIELDS:
        if field not in parameter or field in _VALUE_FIELDS[kind]:
            continue
        if kind is ParameterType.DISCRETE and field in ("minValue", "maxValue"):
            notes.warn(f"{path}.{field}", "has no effect on a DISCRETE parameter, as in v1")
        elif parameter[field] != []:
            raise AiPlatformError(f"{path}.{field}: expected none for {kind}, found {parameter[field]!r}; remove it")


def _values(parameter: Mapping[str, Any], kind: ParameterType, path: str) -> dict[str, Any]:
    if kind is ParameterType.CATEGORICAL:
        return {"categorical_value_spec": CategoricalValueSpec(values=tuple(parameter["categoricalValues"]))}
    if kind is ParameterType.DISCRETE:
        return {"discrete_value_spec": DiscreteValueSpec(values=_discrete(parameter["discreteValues"], path))}
    if kind is ParameterType.DOUBLE:
        bounds = {key: float(parameter[field]) for key, field in (("min_value", "minValue"), ("max_value", "maxValue"))}
        return {"double_value_spec": DoubleValueSpec(**bounds)}
    whole = {
        key: _whole(parameter, field, path) for key, field in (("min_value", "minValue"), ("max_value", "maxValue"))
    }
    return {"integer_value_spec": IntegerValueSpec(**whole)}


def _discrete(given: list[float | str], path: str) -> tuple[float, ...]:
    values = tuple(float(each) if isinstance(each, str) else each for each in given)
    for first, second in itertools.pairwise(values):
        if 0 < second - first < _LEAST_DISTANCE:
            raise AiPlatformError(
                f"{path}.discreteValues: expected values at least {_LEAST_DISTANCE} apart, found {first} and {second}"
            )
    return values


def _whole(parameter: Mapping[str, Any], field: str, path: str) -> int:
    value = float(parameter[field]) if isinstance(parameter[field], str) else parameter[field]
    if not float(value).is_integer() or not -_INT64 <= int(value) < _INT64:
        raise AiPlatformError(
            f"{path}.{field}: expected a whole number of 64 bits for INTEGER, found {value}; use DOUBLE"
        )
    return int(value)
