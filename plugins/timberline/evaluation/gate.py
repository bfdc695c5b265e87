"""The gate: whether a challenger may replace the version in service. Pure.

One program scores both on the same rows in this run, because a metric of an earlier run was measured on other rows.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from timberline.spec.metric import Metric
from timberline.spec.releasespec import Thresholds


class Action(StrEnum):
    """What became of a challenger."""

    PROMOTE = "promote"
    """It passed the gate, and is released next."""
    PROMOTED = "promoted"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredVersion:
    """The challenger or the champion with its score.

    Attributes:
        version: the model's version.
        value: its metric on the test rows; None if it could not be measured.
        error: why it could not be measured.
    """

    version: str
    value: float | None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate decided, with its numbers.

    Attributes:
        segment: which of the parallel models it is about.
        action: PROMOTE or REJECTED; the report has the other actions.
        reason: in words, with the numbers.
        metric: the metric that was compared.
        challenger: the version that the run trained.
        champion: the champion; None if no version is in service.
    """

    segment: str
    action: Action
    reason: str
    metric: Metric
    challenger: ScoredVersion
    champion: ScoredVersion | None

    @property
    def passed(self) -> bool:
        """The challenger is released next."""
        return self.action is Action.PROMOTE

    def to_json(self) -> dict[str, Any]:
        """Return the XCom value."""
        return asdict(self) | {"action": self.action.value, "metric": self.metric.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        champion = value["champion"]
        return cls(
            segment=value["segment"],
            action=Action(value["action"]),
            reason=value["reason"],
            metric=Metric.from_json(value["metric"]),
            challenger=ScoredVersion(**value["challenger"]),
            champion=ScoredVersion(**champion) if champion else None,
        )


def decide(
    segment: str,
    metric: Metric,
    challenger: ScoredVersion,
    champion: ScoredVersion | None,
    thresholds: Thresholds,
) -> Decision:
    """Return the decision about one segment.

    Args:
        segment: the segment.
        metric: the metric that is compared.
        challenger: the version that the run trained.
        champion: the champion; None if no version is in service, and then the floor alone decides.
        thresholds: what the challenger must reach.
    """
    problem = _problem(metric, challenger, champion, thresholds)
    return Decision(
        segment=segment,
        action=Action.REJECTED if problem else Action.PROMOTE,
        reason=problem or _success(metric, challenger, champion),
        metric=metric,
        challenger=challenger,
        champion=champion,
    )


def _problem(
    metric: Metric, challenger: ScoredVersion, champion: ScoredVersion | None, thresholds: Thresholds
) -> str | None:
    value = _number(challenger.value)
    if value is None:
        return f"the challenger has no {metric.name}: {challenger.error or 'its test rows do not define one'}"
    if thresholds.floor is not None and metric.gain(value, thresholds.floor) < 0:
        return f"{_named(metric, value)} does not reach the floor {_figure(thresholds.floor)}"
    if champion is None:
        return None
    old = _number(champion.value)
    if old is None:
        return (
            f"version {champion.version} in service cannot be scored: {champion.error or 'no value'}; "
            "restore its model artefact, or take the alias champion from it"
        )
    gain, wanted = metric.gain(value, old), _wanted_gain(old, thresholds)
    if gain < wanted and not math.isclose(gain, wanted, abs_tol=1e-12):
        return f"{_compared(metric, value, champion, old)}: a gain of {gain:+.4f}, expected {wanted:+.4f}"
    return None


def _wanted_gain(old: float, thresholds: Thresholds) -> float:
    absolute, relative = thresholds.min_gain or 0.0, thresholds.min_relative_gain
    return absolute if relative is None else max(absolute, relative * abs(old))


def _success(metric: Metric, challenger: ScoredVersion, champion: ScoredVersion | None) -> str:
    value = _number(challenger.value) or 0.0
    if champion is None:
        return f"{_named(metric, value)}; no version is in service"
    old = _number(champion.value) or 0.0
    return f"{_compared(metric, value, champion, old)}: {metric.gain(value, old):+.4f}"


def _compared(metric: Metric, value: float, champion: ScoredVersion, old: float) -> str:
    return f"{_named(metric, value)} against {_figure(old)} of version {champion.version}"


def _named(metric: Metric, value: float) -> str:
    return f"{metric.name} {_figure(value)}"


def _figure(value: float) -> str:
    return f"{value:.4f}"


def _number(value: float | None) -> float | None:
    """Return a finite number; None for anything else."""
    return value if value is not None and math.isfinite(value) else None
