"""Reports metrics: records for a tuning service while fitting, and one document at the end."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import hypertune

from trainer_common.environment import Environment
from trainer_common.failures import StorageError

_KEPT_RECORDS = 100
"""cloudml-hypertune keeps this many records and drops the oldest."""


class Goal(StrEnum):
    """Which direction of a metric is better; the words of the tuning service."""

    MAXIMIZE = "MAXIMIZE"
    MINIMIZE = "MINIMIZE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One figure about one split."""

    name: str
    value: float | None
    """None when the rows do not define it; `reason` then says why."""
    goal: Goal
    split: str
    """`train`, `validation` or `test`."""
    rows: int
    """How many rows the value was computed on."""
    reason: str | None = None

    def to_json(self) -> dict[str, object]:
        """Returns the entry of `metrics.json`; `reason` is there only when the value is null."""
        entry: dict[str, object] = {
            "name": self.name,
            "value": self.value,
            "goal": self.goal.value,
            "split": self.split,
            "rows": self.rows,
        }
        return entry if self.reason is None else entry | {"reason": self.reason}


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricReport:
    """What a trainer says about one run: `metrics.json`."""

    metrics: Sequence[Metric]
    timings: Mapping[str, float]
    """Seconds, by name; `..._cpu_s` counts this process's CPU time, the others the clock on the wall."""
    parameters: Mapping[str, object]
    """The hyperparameters as they were used, after conversion."""
    train_rows: int
    """How many rows were fitted."""

    def value(self, name: str, split: str) -> float | None:
        """Returns the value of the metric `name` on `split`.

        Raises:
            KeyError: There is no such metric.
        """
        for metric in self.metrics:
            if (metric.name, metric.split) == (name, split):
                return metric.value
        raise KeyError(f"no metric {name} on {split}")

    def to_json(self) -> dict[str, object]:
        """Returns the document."""
        return {
            "metrics": [metric.to_json() for metric in self.metrics],
            "train_rows": self.train_rows,
            "parameters": dict(self.parameters),
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
        }

    def to_text(self) -> str:
        """Returns a table for people: one line per metric, one column per split."""
        if not self.metrics:
            return "no metrics: no split to judge"
        splits = list(dict.fromkeys(metric.split for metric in self.metrics))
        rows = {metric.split: metric.rows for metric in self.metrics}
        lines = ["".join([f"{'':<12}", *(f"{split:>14}" for split in splits)])]
        for name in dict.fromkeys(metric.name for metric in self.metrics):
            values = (self.value(name, split) for split in splits)
            lines.append(f"{name:<12}" + "".join(f"{'-' if v is None else format(v, '.4f'):>14}" for v in values))
        lines.append(f"{'rows':<12}" + "".join(f"{rows[split]:>14,}" for split in splits))
        return "\n".join(lines)


class TuningReport:
    """Sends one metric's values to the tuning service, sparsely enough that the first ones stay visible."""

    def __init__(self, tag: str, step_count: int) -> None:
        """Opens the record file that the service named, or the package's default one.

        Args:
            tag: The metric's name in the tuning job.
            step_count: How many steps (boosting rounds, epochs) there will be.
        """
        self._tag = tag
        self._step_count = step_count
        self._period = max(1, math.ceil(step_count / _KEPT_RECORDS))
        self._records = hypertune.HyperTune()

    def report_step(self, step: int, value: float) -> None:
        """Reports an intermediate value when its turn has come; leaves the last step to `report_final`.

        Args:
            step: Counts from 1.
            value: The metric after this step.
        """
        if step < self._step_count and step % self._period == 0:
            self._record(value, step)

    def report_final(self, value: float) -> None:
        """Reports the value that trials are compared by, as that of the last step."""
        self._record(value, self._step_count)

    def _record(self, value: float, step: int) -> None:
        try:
            self._records.report_hyperparameter_tuning_metric(self._tag, value, step)
        except OSError as error:
            raise StorageError(f"cannot write the tuning record of step {step}: {error}") from error


def open_tuning_report(tag: str, step_count: int, *, hptune: bool, environment: Environment) -> TuningReport | None:
    """Opens the report when somebody reads it: in a tuning trial, or where the service named a record file.

    Args:
        tag: The metric's name in the tuning job.
        step_count: How many steps there will be.
        hptune: The trainer was told that this is a trial.
        environment: What the service set.

    Returns:
        The report, or None.
    """
    return TuningReport(tag, step_count) if hptune or environment.metric_file else None
