"""Build `metrics.json`, the report of one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainer_common.report.metric import Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricReport:
    """The content of `metrics.json`."""

    metrics: Sequence[Metric]
    timings: Mapping[str, float]
    """Seconds by name; `..._cpu_s` is CPU time of this process, the others are wall time."""
    parameters: Mapping[str, object]
    """The hyperparameters as the model used them, after conversion."""
    train_rows: int
    """The number of rows that the model was fitted on."""

    def value(self, name: str, split: str) -> float | None:
        """Return the value of the metric `name` of `split`.

        Raises:
            KeyError: The report does not have that metric.
        """
        for metric in self.metrics:
            if (metric.name, metric.split) == (name, split):
                return metric.value
        raise KeyError(f"no metric {name} on {split}")

    def to_json(self) -> dict[str, object]:
        """Return the document."""
        return {
            "metrics": [metric.to_json() for metric in self.metrics],
            "train_rows": self.train_rows,
            "parameters": dict(self.parameters),
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
        }

    def to_text(self) -> str:
        """Return a table for people: one line per metric, one column per split."""
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
