"""The parameters of a study: their possible values and scales.

Optuna searches each parameter as a number or a choice; this module translates between a Vertex ParameterSpec and
Optuna's distributions. https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec#ParameterSpec
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from localgcp.core.conventions.errors import ApiError, invalid_argument

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Value = float | str


class ParameterKind(StrEnum):
    """The kinds of parameters: the oneof of a ParameterSpec."""

    DOUBLE = "doubleValueSpec"
    INTEGER = "integerValueSpec"
    CATEGORICAL = "categoricalValueSpec"
    DISCRETE = "discreteValueSpec"


class Scale(StrEnum):
    """The scale between minimum and maximum; unspecified means linear."""

    UNSPECIFIED = "SCALE_TYPE_UNSPECIFIED"
    LINEAR = "UNIT_LINEAR_SCALE"
    LOG = "UNIT_LOG_SCALE"
    REVERSE_LOG = "UNIT_REVERSE_LOG_SCALE"

    @property
    def is_logarithmic(self) -> bool:
        """Return whether the values must be positive."""
        return self in (Scale.LOG, Scale.REVERSE_LOG)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter.

    Attributes:
        low, high: the smallest and the largest possible value; 0 for a choice.
        choices: the values of a categorical, or of a discrete parameter in ascending order.
        default: the value of the first trial; None if the spec has no default.
        parent, parent_values: the parameter is active only while its parent has one of these values; empty if always.
    """

    name: str
    kind: ParameterKind
    scale: Scale = Scale.UNSPECIFIED
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Value, ...] = ()
    default: Value | None = None
    parent: str = ""
    parent_values: tuple[Value, ...] = ()

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], where: str, parent: str = "", parent_values: tuple[Value, ...] = ()
    ) -> Self:
        """Read a ParameterSpec.

        Args:
            where: the path of the field, for messages.

        Raises:
            ApiError: 400 for a parameter that no value satisfies.
        """
        name = raw.get("parameterId", "")
        if not name:
            raise invalid_argument(f"{where}.parameter_id: a parameter needs an id.")
        kinds = [kind for kind in ParameterKind if kind in raw]
        if len(kinds) != 1:
            raise invalid_argument(
                f"{where}: parameter {name} needs one of double, integer, categorical or discrete_value_spec."
            )
        spec = raw[kinds[0]]
        parameter = cls(
            name=name, kind=kinds[0], scale=Scale(raw.get("scaleType", Scale.UNSPECIFIED)),
            low=float(spec.get("minValue", 0)), high=float(spec.get("maxValue", 0)), choices=_choices(kinds[0], spec),
            default=_default(kinds[0], spec), parent=parent, parent_values=parent_values,
        )  # fmt: skip
        parameter._check(where)
        return parameter

    @property
    def is_choice(self) -> bool:
        """Return whether the spec lists the possible values."""
        return self.kind in (ParameterKind.CATEGORICAL, ParameterKind.DISCRETE)

    def distribution(self) -> "BaseDistribution":
        """Return Optuna's distribution for this parameter; see `to_search`."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.kind is ParameterKind.CATEGORICAL:
            return CategoricalDistribution(self.choices)
        if self.kind is ParameterKind.DISCRETE:
            # Optuna searches the position in the sorted values, because neighbouring values behave alike.
            return IntDistribution(0, len(self.choices) - 1)
        if self.kind is ParameterKind.INTEGER:
            return IntDistribution(int(self.low), int(self.high), log=self.scale.is_logarithmic)
        return FloatDistribution(self.low, self.high, log=self.scale.is_logarithmic)

    def from_search(self, searched: Any) -> Value:
        """Return the value of the parameter for a suggestion of Optuna."""
        if self.kind is ParameterKind.CATEGORICAL:
            return str(searched)
        if self.kind is ParameterKind.DISCRETE:
            return self.choices[int(searched)]
        # The reverse logarithmic scale mirrors the logarithmic one: it is fine near the maximum.
        value = self.low + self.high - searched if self.scale is Scale.REVERSE_LOG else searched
        return min(max(float(value), self.low), self.high)

    def to_search(self, value: Value) -> Any:
        """Return the suggestion of Optuna that stands for a value."""
        if self.kind is ParameterKind.CATEGORICAL:
            return value
        if self.kind is ParameterKind.DISCRETE:
            return self.choices.index(value)
        searched = self.low + self.high - float(value) if self.scale is Scale.REVERSE_LOG else float(value)
        return round(searched) if self.kind is ParameterKind.INTEGER else searched

    def centre(self) -> Value:
        """Return the default, or the middle of the scale; the first category for a categorical parameter."""
        if self.default is not None:
            return self.default
        if self.is_choice:
            return self.choices[0 if self.kind is ParameterKind.CATEGORICAL else (len(self.choices) - 1) // 2]
        middle = math.sqrt(self.low * self.high) if self.scale.is_logarithmic else (self.low + self.high) / 2
        return self.from_search(round(middle) if self.kind is ParameterKind.INTEGER else middle)

    def grid(self) -> tuple[Value, ...]:
        """Return every value in order.

        Raises:
            ApiError: 400 for a double, which has infinitely many values.
        """
        if self.kind is ParameterKind.DOUBLE:
            raise invalid_argument(
                "study_spec.algorithm: GRID_SEARCH needs integer, discrete and categorical parameters, "
                f"and {self.name} is a double."
            )
        if self.is_choice:
            return self.choices
        return tuple(float(value) for value in range(int(self.low), int(self.high) + 1))

    def flag(self, value: Value) -> str:
        """Return the value for the command line of a trial: an integer without fraction, a discrete one as a float."""
        if isinstance(value, str):
            return value
        return str(int(value)) if self.kind is ParameterKind.INTEGER else repr(float(value))

    def _check(self, where: str) -> None:
        field = f"{where}.{_snake(self.kind)}"
        if self.is_choice and not self.choices:
            raise invalid_argument(f"{field}.values: parameter {self.name} needs at least one value.")
        if len(set(self.choices)) < len(self.choices):
            raise invalid_argument(f"{field}.values: the values of parameter {self.name} must differ.")
        if not self.is_choice and self.low > self.high:
            raise invalid_argument(
                f"{field}: min_value {self.low:g} of parameter {self.name} is greater than max_value {self.high:g}."
            )
        lowest = (
            self.low if not self.is_choice else min((v for v in self.choices if not isinstance(v, str)), default=1.0)
        )
        if self.scale.is_logarithmic and lowest <= 0:
            raise invalid_argument(
                f"{where}.scale_type: {self.scale} needs positive values; parameter {self.name} starts at {lowest:g}."
            )
        if self.default is not None:
            self._check_default(f"{field}.default_value")

    def _check_default(self, field: str) -> None:
        is_number = isinstance(self.default, float) and not self.is_choice
        is_possible = self.low <= float(self.default or 0) <= self.high if is_number else self.default in self.choices
        if not is_possible:
            raise invalid_argument(f"{field}: {self.default} is not a value of parameter {self.name}.")


def _choices(kind: ParameterKind, spec: dict[str, Any]) -> tuple[Value, ...]:
    values = spec.get("values", [])
    return tuple(values) if kind is ParameterKind.CATEGORICAL else tuple(sorted(float(value) for value in values))


def _default(kind: ParameterKind, spec: dict[str, Any]) -> Value | None:
    raw = spec.get("defaultValue")
    return raw if raw is None or kind is ParameterKind.CATEGORICAL else float(raw)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def read_parameters(
    raw: list[dict[str, Any]], where: str = "study_spec.parameters", parent: Parameter | None = None
) -> list[Parameter]:
    """Return the parameters of a study; each follows the parameter that it depends on.

    Raises:
        ApiError: 400 for a parameter that no value satisfies, or whose id occurs twice.
    """
    found: list[Parameter] = []
    for index, spec in enumerate(raw):
        path = f"{where}[{index}]"
        inner, values = (spec.get("parameterSpec", {}), _parent_values(spec, path)) if parent else (spec, ())
        parameter = Parameter.from_json(inner, path, parent.name if parent else "", values)
        found.append(parameter)
        children = inner.get("conditionalParameterSpecs", [])
        found += read_parameters(children, f"{path}.conditional_parameter_specs", parameter)
    names = [parameter.name for parameter in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _twice(where, twice)
    return found


def _twice(where: str, names: list[str]) -> ApiError:
    return invalid_argument(f"{where}: parameter {', '.join(names)} occurs more than once.")


def _parent_values(spec: dict[str, Any], where: str) -> tuple[Value, ...]:
    for name in ("parentDiscreteValues", "parentIntValues", "parentCategoricalValues"):
        if name in spec:
            values = spec[name].get("values", [])
            return tuple(values) if name == "parentCategoricalValues" else tuple(float(value) for value in values)
    raise invalid_argument(
        f"{where}: a conditional parameter needs parent_discrete, parent_int or parent_categorical_values."
    )


def is_active(parameter: Parameter, values: dict[str, Value]) -> bool:
    """Return whether a parameter is active, given the values of the parameters before it."""
    return not parameter.parent or values.get(parameter.parent) in parameter.parent_values
