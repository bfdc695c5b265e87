"""Reads the metrics that a trainer writes with cloudml-hypertune, while the trainer runs.

At each report the package rewrites its file with the last 100 records, one JSON object per line: `timestamp` (seconds),
`trial`, `global_step`, and the value under the name of the metric; the last two are strings.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One report of a trial.

    Attributes:
        step: the trainer's own count, such as boosting rounds or epochs.
        elapsed_s: seconds since the trial started.
    """

    step: int
    value: float
    elapsed_s: float

    def to_json(self, metric_id: str) -> dict[str, Any]:
        """Return the google.cloud.aiplatform.v1.Measurement."""
        return {
            "stepCount": str(self.step),
            "elapsedDuration": f"{self.elapsed_s:.6f}s",
            "metrics": [{"metricId": metric_id, "value": self.value}],
        }


class MetricFile:
    """The metric file of one trial."""

    def __init__(self, path: Path, metric_id: str, started_at: float) -> None:
        """Prepare for reading a file, which may not exist yet.

        Args:
            started_at: when the trial started, in seconds since the epoch.
        """
        self._path = path
        self._metric_id = metric_id
        self._started_at = started_at
        self._signature = (0, 0)
        self._last = -math.inf
        self.measurements: list[Measurement] = []
        self.other_metrics: set[str] = set()
        self.unusable = ""

    def read(self) -> bool:
        """Read the new records; return whether there is a new measurement."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return False
        signature = (stat.st_mtime_ns, stat.st_size)
        if signature == self._signature:
            return False
        self._signature = signature
        before = len(self.measurements)
        for line in self._path.read_text("utf-8", "replace").splitlines():
            self._take(line)
        return len(self.measurements) > before

    def _take(self, line: str) -> None:
        try:
            record = json.loads(line)
            timestamp = float(record["timestamp"])
        except (ValueError, KeyError, TypeError):
            return  # the trainer is rewriting the file; the next read finds the whole record
        if timestamp <= self._last:
            return
        self._last = timestamp
        if self._metric_id not in record:
            self.other_metrics |= record.keys() - {"timestamp", "trial", "global_step", "checkpoint_path"}
            return
        value, step = float(record[self._metric_id]), int(record.get("global_step") or 0)
        if math.isfinite(value):
            self.measurements.append(Measurement(step, value, max(0.0, timestamp - self._started_at)))
            self.unusable = ""
        else:
            self.unusable = str(record[self._metric_id])
