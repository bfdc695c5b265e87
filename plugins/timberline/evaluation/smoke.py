"""Whether a deployed version answers as its trainer did: the comparison of their predictions. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.release.results import SmokeResult
from timberline.run.errors import DataError

PREDICTIONS_FILE = "predictions.json"
"""What a trainer leaves beside its bundle: some test rows, and what it predicts for them."""

TOLERANCE = 1e-6
_MISS_PROBABILITY = 1e-9
_SAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class SmokeRows:
    """Test rows with known predictions.

    Attributes:
        instances: the rows, as the endpoint takes them.
        expected: the trainer's prediction of each: `predicted`, `label` (the true one), and `probability` where the
            model answers with one.
    """

    instances: tuple[object, ...]
    expected: tuple[Mapping[str, Any], ...]

    @property
    def key(self) -> str:
        """Which figure is compared: the probability where there is one, else the predicted class."""
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
    """Return how many requests reach a deployment with this share, but for a chance below one in a thousand million."""
    if percent >= 100:
        return 1
    return math.ceil(math.log(_MISS_PROBABILITY) / math.log1p(-percent / 100))


def compare(segment: str, rows: SmokeRows, predictions: Sequence[object], tolerance: float = TOLERANCE) -> SmokeResult:
    """Return how far a deployment's predictions are from the trainer's.

    Args:
        segment: the segment.
        rows: what was asked, and what has to come.
        predictions: what came.
        tolerance: the largest difference that is none.
    """
    if len(predictions) != len(rows.instances):
        return missing(segment, f"{len(predictions)} predictions for {len(rows.instances)} instances")
    found = [_number(_told(each).get(rows.key)) for each in predictions]
    unread = next((index for index, value in enumerate(found) if value is None), None)
    if unread is not None:
        return missing(segment, f"predictions[{unread}]: expected a number `{rows.key}`, found {predictions[unread]!r}")
    differences = [
        abs(value - float(each[rows.key]))
        for value, each in zip(found, rows.expected, strict=True)
        if value is not None
    ]
    return SmokeResult(
        segment=segment,
        rows=len(found),
        max_abs_difference=max(differences),
        problem=_difference_problem(differences, found, rows, tolerance),
        samples=_samples(rows, predictions),
    )


def missing(segment: str, problem: str) -> SmokeResult:
    """Return the result of a deployment that gave no answer to compare."""
    return SmokeResult(segment=segment, rows=0, max_abs_difference=None, problem=problem)


def _difference_problem(
    differences: Sequence[float], found: Sequence[float | None], rows: SmokeRows, tolerance: float
) -> str | None:
    wrong = [index for index, difference in enumerate(differences) if not difference <= tolerance]
    if not wrong:
        return None
    worst = max(wrong, key=lambda index: differences[index])
    return (
        f"{len(wrong)} of {len(differences)} predictions differ from the trainer's by more than {tolerance:g}; "
        f"row {worst}: {rows.key} {found[worst]:.6f}, expected {rows.expected[worst][rows.key]:.6f}"
    )


def _samples(rows: SmokeRows, predictions: Sequence[object]) -> tuple[Mapping[str, Any], ...]:
    """Return a few rows; one of each true label comes first, where there is one."""
    labels = [each.get("label") for each in rows.expected]
    first_of_each = sorted({label: index for index, label in reversed(list(enumerate(labels)))}.values())
    order = list(dict.fromkeys([*first_of_each, *range(len(labels))]))[:_SAMPLES]
    return tuple({"label": labels[index], **_told(predictions[index])} for index in sorted(order))


def _key(expected: object) -> str:
    return "predicted" if isinstance(expected, Mapping) and "probability" not in expected else "probability"


def _told(prediction: object) -> dict[str, Any]:
    """Return what a prediction says; a plain one is the class, as a stock scikit-learn container answers."""
    if not isinstance(prediction, Mapping):
        return {"predicted": prediction}
    return {key: prediction[key] for key in ("probability", "predicted") if key in prediction}


def _number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
