"""A metric and its better direction. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class MetricGoal(StrEnum):
    """Which direction of a metric is better."""

    MAXIMIZE = "MAXIMIZE"
    MINIMIZE = "MINIMIZE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric that models are compared by.

    Attributes:
        name: as trainers report it, e.g. `f1-score` or `rmse`.
        goal: its better direction.
    """

    name: str
    goal: MetricGoal

    def gain(self, value: float, old: float) -> float:
        """Return how much better `value` is than `old`, in the metric's unit; negative where it is worse."""
        return value - old if self.goal is MetricGoal.MAXIMIZE else old - value

    def to_json(self) -> dict[str, str]:
        """Return the form that stands in XComs and reports."""
        return {"name": self.name, "goal": self.goal.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(name=value["name"], goal=MetricGoal(value["goal"]))
