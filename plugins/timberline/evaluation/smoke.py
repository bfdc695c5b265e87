"""Smoke predictions: whether a deployed version predicts test rows as its trainer did. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.release.results import SmokeResult
from timberline.run.errors import DataError

PREDICTIONS_FILE = "predictions.json"
"""The file that a trainer writes beside its model artefact: some test rows, and its predictions for them."""

_MISS_PROBABILITY = 1e-9
_SAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far two predictions of a row may differ; the larger of the two bounds counts.

    Attributes:
        absolute: in the unit of the prediction.
        relative: as a fraction of the larger prediction, for values such as fares that are stored as 32-bit numbers.
    """

    absolute: float = 1e-6
    relative: float = 1e-6

    def allows(self, value: float, expected: float) -> bool:
        """Tell whether two predictions are equal within the tolerance."""
        return math.isclose(value, expected, rel_tol=self.relative, abs_tol=self.absolute)

    def __str__(self) -> str:
        """Return the bounds in words."""
        return f"{self.absolute:g} (or {self.relative:g} of the value)"


DEFAULT_TOLERANCE = Tolerance()


@dataclass(frozen=True, kw_only=True, slots=True)
class SmokeRows:
    """Test rows with known predictions.

    Attributes:
        instances: the rows, as the endpoint takes them.
        expected: the trainer's prediction of each: `predicted`, `label` (the true one), and `probability` if the
            model predicts one.
    """

    instances: tuple[object, ...]
    expected: tuple[Mapping[str, Any], ...]

    @property
    def key(self) -> str:
        """The figure that is compared: the probability if there is one, else the predicted class or value."""
        return _key(self.expected[0])


def read_rows(document: Mapping[str, Any], uri: str) -> SmokeRows:
    """Read a trainer's document.

    Raises:
        DataError: it does not hold as many predictions as instances, or none.
    """
    instances, expected = document.get("instances"), document.get("predictions")
    if not isinstance(instances, list) or not isinstance(expected, list) or not instances:
        raise DataError(
            f"{uri}: expected lists `instances` and `predictions`, found {', '.join(document) or 'nothing'}"
        )
    if len(instances) != len(expected):
        raise DataError(f"{uri}: expected one prediction per instance, found {len(expected)} for {len(instances)}")
    key = _key(expected[0])
    for index, each in enumerate(expected):
        if not isinstance(each, Mapping) or _number(each.get(key)) is None:
            raise DataError(f"{uri}: predictions[{index}]: expected a number `{key}`, found {each!r}")
    return SmokeRows(instances=tuple(instances), expected=tuple(expected))


def requests_needed(percent: int) -> int:
    """Return how many requests surely reach a deployment with this share: the chance of a miss is below 1e-9."""
    if percent >= 100:
        return 1
    return math.ceil(math.log(_MISS_PROBABILITY) / math.log1p(-percent / 100))


def compare(
    segment: str, rows: SmokeRows, predictions: Sequence[object], tolerance: Tolerance = DEFAULT_TOLERANCE
) -> SmokeResult:
    """Return how far a deployment's predictions are from the trainer's.

    Args:
        segment: the segment.
        rows: the rows that were asked, and the trainer's predictions.
        predictions: the deployment's predictions.
        tolerance: the largest difference that is allowed.
    """
    if len(predictions) != len(rows.instances):
        return missing(segment, f"{len(predictions)} predictions for {len(rows.instances)} instances")
    found = [_number(_fields(each).get(rows.key)) for each in predictions]
    unread = next((index for index, value in enumerate(found) if value is None), None)
    if unread is not None:
        return missing(segment, f"predictions[{unread}]: expected a number `{rows.key}`, found {predictions[unread]!r}")
    values = [value for value in found if value is not None]
    expected = [float(each[rows.key]) for each in rows.expected]
    return SmokeResult(
        segment=segment,
        rows=len(values),
        max_abs_difference=max(abs(value - wanted) for value, wanted in zip(values, expected, strict=True)),
        problem=_difference_problem(values, expected, rows.key, tolerance),
        samples=_samples(rows, predictions),
    )


def missing(segment: str, problem: str) -> SmokeResult:
    """Return the result of a deployment without an answer that can be compared."""
    return SmokeResult(segment=segment, rows=0, max_abs_difference=None, problem=problem)


def _difference_problem(
    values: Sequence[float], expected: Sequence[float], key: str, tolerance: Tolerance
) -> str | None:
    pairs = list(zip(values, expected, strict=True))
    wrong = [index for index, pair in enumerate(pairs) if not tolerance.allows(*pair)]
    if not wrong:
        return None
    worst = max(wrong, key=lambda index: abs(values[index] - expected[index]))
    return (
        f"{len(wrong)} of {len(pairs)} predictions differ from the trainer's by more than {tolerance}; "
        f"row {worst}: {key} {values[worst]:.6f}, expected {expected[worst]:.6f}"
    )


def _samples(rows: SmokeRows, predictions: Sequence[object]) -> tuple[Mapping[str, Any], ...]:
    """Return a few rows, with one of each true label if possible."""
    labels = [each.get("label") for each in rows.expected]
    first_of_each = sorted({label: index for index, label in reversed(list(enumerate(labels)))}.values())
    order = list(dict.fromkeys([*first_of_each, *range(len(labels))]))[:_SAMPLES]
    return tuple({"label": labels[index], **_fields(predictions[index])} for index in sorted(order))


def _key(expected: object) -> str:
    return "predicted" if isinstance(expected, Mapping) and "probability" not in expected else "probability"


def _fields(prediction: object) -> dict[str, Any]:
    """Return the fields of a prediction; a plain value is the class, as a stock scikit-learn container answers."""
    if not isinstance(prediction, Mapping):
        return {"predicted": prediction}
    return {key: prediction[key] for key in ("probability", "predicted") if key in prediction}


def _number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
