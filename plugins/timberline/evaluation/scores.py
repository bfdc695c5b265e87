"""The scores of champion and challenger on the same rows, as the scoring job writes them. Pure.

{"split": "test", "rows": 58000,
"challenger": {"uri": "gs://...", "metrics": {"f1-score": 0.91, ...}},
"champion": null, or the same, or {"uri": "gs://...", "error": "why it cannot be scored"}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.evaluation.gate import ScoredVersion
from timberline.evaluation.metrics import metric_key
from timberline.run.errors import DataError
from timberline.spec.metric import Metric


@dataclass(frozen=True, slots=True)
class Scores:
    """The document of one comparison.

    Attributes:
        document: the scores.
        where: what messages call the document.
    """

    document: Mapping[str, Any]
    where: str

    def of(self, side: str, version: str, metric: Metric) -> ScoredVersion:
        """Return one side of the comparison.

        Args:
            side: `challenger` or `champion`.
            version: the version that was scored.
            metric: the metric of the gate.

        Raises:
            DataError: the document does not have the side, or the trainer does not report the metric.
        """
        found = self._side(side)
        if found.get("error"):
            return ScoredVersion(version=version, value=None, error=str(found["error"]))
        metrics = found.get("metrics")
        if not isinstance(metrics, Mapping) or metric.name not in metrics:
            reported = ", ".join(metrics) if isinstance(metrics, Mapping) and metrics else "none"
            raise DataError(
                f"{self.where}: the gate compares {metric.name}, but the trainer reports of the {side}: {reported}; "
                "set gate.metric in the job file to one of these"
            )
        value = metrics[metric.name]
        return ScoredVersion(version=version, value=None if value is None else float(value))

    def metrics(self, side: str) -> dict[str, float | int | None]:
        """Return all metrics of one side by their key in the report, and `rows`.

        Raises:
            DataError: the document does not have the side.
        """
        found = {metric_key(name): value for name, value in (self._side(side).get("metrics") or {}).items()}
        rows = self.document.get("rows")
        return found if rows is None else found | {"rows": rows}

    def _side(self, side: str) -> Mapping[str, Any]:
        found = self.document.get(side)
        if not isinstance(found, Mapping):
            raise DataError(
                f"{self.where}: expected the scores of the {side}, found {found!r}; clear the task that scores"
            )
        return found
