"""What a study may look like: Vertex AI's StudySpec in typed form, checked before anything is paid for. Pure.

Rules: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec
"""

import dataclasses
import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from timberline.run.errors import JobFileError
from timberline.spec.metric import MetricGoal

_MOST_VALUES = 1000


class ScaleType(StrEnum):
    """How values between the bounds are spread."""

    LINEAR = "UNIT_LINEAR_SCALE"
    LOG = "UNIT_LOG_SCALE"
    REVERSE_LOG = "UNIT_REVERSE_LOG_SCALE"


class Algorithm(StrEnum):
    """How the next trial is suggested; the first is Bayesian."""

    UNSPECIFIED = "ALGORITHM_UNSPECIFIED"
    GRID = "GRID_SEARCH"
    RANDOM = "RANDOM_SEARCH"


class MeasurementSelection(StrEnum):
    """Which of a trial's measurements becomes its final one."""

    LAST = "LAST_MEASUREMENT"
    BEST = "BEST_MEASUREMENT"


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegerValueSpec:
    """Whole numbers from `min_value` to `max_value`."""

    min_value: int
    max_value: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DoubleValueSpec:
    """Numbers from `min_value` to `max_value`."""

    min_value: float
    max_value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscreteValueSpec:
    """The numbers listed, in increasing order."""

    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoricalValueSpec:
    """The texts listed."""

    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterSpec:
    """One parameter of the search space; exactly one of the four value specs is set."""

    parameter_id: str
    scale_type: ScaleType | None = None
    integer_value_spec: IntegerValueSpec | None = None
    double_value_spec: DoubleValueSpec | None = None
    discrete_value_spec: DiscreteValueSpec | None = None
    categorical_value_spec: CategoricalValueSpec | None = None

    def __post_init__(self) -> None:
        """Check what no single field can.

        Raises:
            JobFileError: the values are impossible; the message begins with the parameter's name.
        """
        where = f"parameter {self.parameter_id}"
        if not self.parameter_id or any(character.isspace() for character in self.parameter_id):
            raise JobFileError(f"parameterId {self.parameter_id!r}: expected a name without spaces")
        fields = [field.name for field in dataclasses.fields(self) if field.name.endswith("_spec")]
        if sum(getattr(self, name) is not None for name in fields) != 1:
            raise JobFileError(
                f"{where}: expected one of integerValueSpec, doubleValueSpec, discreteValueSpec, categoricalValueSpec"
            )
        if self.categorical_value_spec is not None:
            self._check_categories(where, self.categorical_value_spec.values)
        else:
            self._check_numbers(where, self._numbers(where))

    def _numbers(self, where: str) -> Sequence[float]:
        """Return the numeric values that bound the space, in increasing order."""
        if self.discrete_value_spec is not None:
            return self._check_discrete(where, self.discrete_value_spec.values)
        spec = self.integer_value_spec or self.double_value_spec
        assert spec is not None
        if spec.min_value > spec.max_value:
            raise JobFileError(f"{where}: minValue {spec.min_value} is above maxValue {spec.max_value}")
        return (spec.min_value, spec.max_value)

    @staticmethod
    def _check_discrete(where: str, values: Sequence[float]) -> Sequence[float]:
        if not 1 <= len(values) <= _MOST_VALUES:
            raise JobFileError(f"{where}: expected 1 to {_MOST_VALUES} values, found {len(values)}")
        if any(first >= second for first, second in itertools.pairwise(values)):
            raise JobFileError(f"{where}: expected values in increasing order without duplicates, found {list(values)}")
        return values

    def _check_numbers(self, where: str, values: Sequence[float]) -> None:
        if not all(math.isfinite(value) for value in values):
            raise JobFileError(f"{where}: expected finite values, found {list(values)}")
        if self.scale_type in (ScaleType.LOG, ScaleType.REVERSE_LOG) and values[0] <= 0:
            raise JobFileError(
                f"{where}: {self.scale_type} needs values above 0, found {values[0]}; raise it, or scale linearly"
            )

    def _check_categories(self, where: str, values: Collection[str]) -> None:
        if not values:
            raise JobFileError(f"{where}: expected at least one value, found none")
        if len(set(values)) != len(values):
            raise JobFileError(f"{where}: a value occurs twice in {list(values)}")
        if self.scale_type is not None:
            raise JobFileError(f"{where}: texts have no scale; remove scaleType")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricSpec:
    """A metric that trials report."""

    metric_id: str
    goal: MetricGoal


@dataclass(frozen=True, kw_only=True, slots=True)
class MedianAutomatedStoppingSpec:
    """Stop a trial that is worse than the median of the others at the same step."""

    use_elapsed_duration: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DecayCurveAutomatedStoppingSpec:
    """Stop a trial whose curve is unlikely to reach the best value so far."""

    use_elapsed_duration: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySpec:
    """What is searched, and how."""

    metrics: tuple[MetricSpec, ...]
    parameters: tuple[ParameterSpec, ...]
    algorithm: Algorithm | None = None
    median_automated_stopping_spec: MedianAutomatedStoppingSpec | None = None
    decay_curve_stopping_spec: DecayCurveAutomatedStoppingSpec | None = None
    measurement_selection_type: MeasurementSelection | None = None

    def __post_init__(self) -> None:
        """Check the parts against each other.

        Raises:
            JobFileError: there is not exactly one metric, no parameter, a name occurs twice, or grid search meets a
                parameter without a finite number of values.
        """
        if len(self.metrics) != 1 or not self.metrics[0].metric_id or " " in self.metrics[0].metric_id:
            found = [metric.metric_id for metric in self.metrics]
            raise JobFileError(f"metrics: expected one metric whose metricId has no spaces, found {found}")
        names = [parameter.parameter_id for parameter in self.parameters]
        if not names:
            raise JobFileError("parameters: expected at least one, found none")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise JobFileError(f"parameters: {', '.join(twice)} occurs twice")
        if self.median_automated_stopping_spec and self.decay_curve_stopping_spec:
            raise JobFileError("expected at most one of medianAutomatedStoppingSpec and decayCurveStoppingSpec")
        doubles = [each.parameter_id for each in self.parameters if each.double_value_spec is not None]
        if self.algorithm is Algorithm.GRID and doubles:
            raise JobFileError(f"parameter {doubles[0]}: GRID_SEARCH needs countable values; use discreteValueSpec")
