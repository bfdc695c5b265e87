"""The scores of champion and challenger on the same rows, as the scoring job leaves them. Pure.

{"split": "test", "rows": 58000,
"challenger": {"uri": "gs://...", "metrics": {"f1-score": 0.91, ...}},
"champion": null, or the same, or {"uri": "gs://...", "error": "why it cannot be scored"}}
"""

from collections.abc import Mapping
from typing import Any

from timberline.evaluation.gate import ScoredVersion
from timberline.run.errors import DataError


def read_scored_version(document: Mapping[str, Any], side: str, version: str, metric: str, where: str) -> ScoredVersion:
    """Return one side of the comparison.

    Args:
        document: the scores.
        side: `challenger` or `champion`.
        version: the version that was scored.
        metric: the metric that counts.
        where: what messages call the document.

    Raises:
        DataError: the document does not have the side, or the metric is not among its metrics.
    """
    found = document.get(side)
    if not isinstance(found, Mapping):
        raise DataError(f"{where}: expected the scores of the {side}, found {found!r}; clear the task that scores")
    if found.get("error"):
        return ScoredVersion(version=version, value=None, error=str(found["error"]))
    metrics = found.get("metrics")
    if not isinstance(metrics, Mapping) or metric not in metrics:
        known = ", ".join(metrics) if isinstance(metrics, Mapping) else "none"
        raise DataError(f"{where}: expected the metric {metric} of the {side}, found {known}")
    value = metrics[metric]
    return ScoredVersion(version=version, value=None if value is None else float(value))
