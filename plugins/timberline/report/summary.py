"""One number about all models of a run. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from timberline.evaluation.metrics import metric_key
from timberline.spec.metric import Metric, MetricGoal


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The mean of a test metric over the segments.

    Attributes:
        name: its name in the report, e.g. `macro_f1`.
        title: its name in the tables, e.g. `macro F1`.
        metric: the key of the test metric, e.g. `f1`.
        goal: the better direction.
    """

    name: str
    title: str
    metric: str
    goal: MetricGoal = MetricGoal.MAXIMIZE

    def of(self, tests: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
        """Return the summary of a run in JSON form; its value is None if no segment has the metric.

        Args:
            tests: the test metrics of each segment; None for a segment without any.
        """
        values = [float(value) for test in tests if test and (value := test.get(self.metric)) is not None]
        return {
            "name": self.name,
            "title": self.title,
            "metric": self.metric,
            "goal": self.goal.value,
            "value": fmean(values) if values else None,
        }


def mean_of(metric: Metric) -> Summary:
    """Return the summary of a pipeline that does not choose one: the mean of the gate's metric."""
    key = metric_key(metric.name)
    return Summary(name=f"mean_{key}", title=f"mean {metric.name}", metric=key, goal=metric.goal)
