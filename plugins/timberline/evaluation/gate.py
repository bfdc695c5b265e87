"""Whether a challenger may replace the version in service. Pure.

Both are scored on the same rows, by the same program, in this run: a figure that a former run measured says nothing
about the rows of today.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from timberline.jobs.selection import MetricGoal


class Action(StrEnum):
    """What became of a challenger."""

    PROMOTE = "promote"
    """Passed the gate; what is released next."""
    PROMOTED = "promoted"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """What a challenger has to reach.

    Attributes:
        metric: the metric that is compared.
        goal: its better direction.
        floor: what the challenger has to reach whatever is in service; None for nothing.
        min_gain: how much better than the champion it has to be, in the metric's unit; 0 lets an equal one pass, a
            negative number a slightly worse one.
        min_relative_gain: the same as a fraction of the champion's value; both have to hold.
    """

    metric: str
    goal: MetricGoal = MetricGoal.MAXIMIZE
    floor: float | None = None
    min_gain: float = 0.0
    min_relative_gain: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredVersion:
    """One side of the comparison.

    Attributes:
        version: the model's version.
        value: its metric on the test rows; None where it could not be measured.
        error: why it could not.
    """

    version: str
    value: float | None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate decided, with its numbers.

    Attributes:
        segment: which of the parallel models it is about.
        action: PROMOTE or REJECTED; the report has the others.
        reason: in words, with the numbers.
        metric: the metric that was compared.
        challenger: the version that the run trained.
        champion: the version in service; None where there is none.
    """

    segment: str
    action: Action
    reason: str
    metric: str
    challenger: ScoredVersion
    champion: ScoredVersion | None

    @property
    def passed(self) -> bool:
        """The challenger goes on."""
        return self.action is Action.PROMOTE

    def to_json(self) -> dict[str, Any]:
        """Return the XCom value."""
        return asdict(self) | {"action": self.action.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        champion = value["champion"]
        return cls(
            segment=value["segment"],
            action=Action(value["action"]),
            reason=value["reason"],
            metric=value["metric"],
            challenger=ScoredVersion(**value["challenger"]),
            champion=ScoredVersion(**champion) if champion else None,
        )


def decide(segment: str, challenger: ScoredVersion, champion: ScoredVersion | None, thresholds: Thresholds) -> Decision:
    """Return the decision about one segment.

    Args:
        segment: the segment.
        challenger: the version that the run trained.
        champion: the version in service; None where there is none, and the floor decides alone.
        thresholds: what has to be reached.
    """
    problem = _problem(challenger, champion, thresholds)
    return Decision(
        segment=segment,
        action=Action.REJECTED if problem else Action.PROMOTE,
        reason=problem or _praise(challenger, champion, thresholds),
        metric=thresholds.metric,
        challenger=challenger,
        champion=champion,
    )


def _problem(challenger: ScoredVersion, champion: ScoredVersion | None, thresholds: Thresholds) -> str | None:
    if not _is_number(challenger.value):
        return f"the challenger has no {thresholds.metric}: {challenger.error or 'its test rows do not define one'}"
    value = float(challenger.value or 0.0)
    if thresholds.floor is not None and _gain(value, thresholds.floor, thresholds.goal) < 0:
        return f"{_named(thresholds.metric, value)} does not reach the floor {_figure(thresholds.floor)}"
    if champion is None:
        return None
    if not _is_number(champion.value):
        return (
            f"version {champion.version} in service cannot be scored: {champion.error or 'no value'}; "
            "restore its bundle, or take the alias champion from it"
        )
    old = float(champion.value or 0.0)
    gain, wanted = _gain(value, old, thresholds.goal), _wanted_gain(old, thresholds)
    if gain < wanted and not math.isclose(gain, wanted, abs_tol=1e-12):
        return f"{_compared(thresholds.metric, value, champion, old)}: a gain of {gain:+.4f}, expected {wanted:+.4f}"
    return None


def _wanted_gain(old: float, thresholds: Thresholds) -> float:
    relative = thresholds.min_relative_gain
    return thresholds.min_gain if relative is None else max(thresholds.min_gain, relative * abs(old))


def _gain(value: float, old: float, goal: MetricGoal) -> float:
    return value - old if goal is MetricGoal.MAXIMIZE else old - value


def _praise(challenger: ScoredVersion, champion: ScoredVersion | None, thresholds: Thresholds) -> str:
    value = float(challenger.value or 0.0)
    if champion is None:
        return f"{_named(thresholds.metric, value)}; no version is in service"
    old = float(champion.value or 0.0)
    return f"{_compared(thresholds.metric, value, champion, old)}: {_gain(value, old, thresholds.goal):+.4f}"


def _compared(metric: str, value: float, champion: ScoredVersion, old: float) -> str:
    return f"{_named(metric, value)} against {_figure(old)} of version {champion.version}"


def _named(metric: str, value: float) -> str:
    return f"{metric} {_figure(value)}"


def _figure(value: float) -> str:
    return f"{value:.4f}"


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
