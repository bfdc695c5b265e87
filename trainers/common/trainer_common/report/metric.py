"""Define one metric of one split."""

from dataclasses import dataclass
from enum import StrEnum


class Goal(StrEnum):
    """Which direction of a metric is better, in the words of the tuning service."""

    MAXIMIZE = "MAXIMIZE"
    MINIMIZE = "MINIMIZE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One metric of one split."""

    name: str
    value: float | None
    """None where the rows do not define it; `reason` then says why."""
    goal: Goal
    split: str
    """`train`, `validation` or `test`."""
    rows: int
    """The number of rows behind the value."""
    reason: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the entry of `metrics.json`; it has a `reason` only where the value is null."""
        entry: dict[str, object] = {
            "name": self.name,
            "value": self.value,
            "goal": self.goal.value,
            "split": self.split,
            "rows": self.rows,
        }
        return entry if self.reason is None else entry | {"reason": self.reason}
