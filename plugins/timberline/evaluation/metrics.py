"""The `metrics.json` that trainers write beside a model. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from timberline.run.errors import DataError
from timberline.run.xcom import XComValue

Metrics = Mapping[str, float | int | None]
"""Values by `metric_key`, and `rows`; a metric that the rows do not define is None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation(XComValue):
    """What a training measured.

    Attributes:
        segment: which of the parallel models it is.
        model_uri: the folder of the model artefact.
        metrics: the metrics of one split.
        timings: seconds of the trainer's own phases, by name.
    """

    segment: str
    model_uri: str
    metrics: Metrics
    timings: Mapping[str, float] = field(default_factory=dict)


def read_metrics(document: Mapping[str, Any], split: str, where: str) -> dict[str, float | int | None]:
    """Return one split's metrics by key, and its `rows`.

    Args:
        document: `{"metrics": [{"name", "value", "goal", "split", "rows"}]}`; an undefined value is null.
        split: the split to take.
        where: what messages call the document.

    Raises:
        DataError: there is no metric of the split, or an entry is malformed.
    """
    try:
        entries = [entry for entry in document["metrics"] if entry["split"] == split]
        found: dict[str, float | int | None] = {metric_key(entry["name"]): entry["value"] for entry in entries}
        if not entries:
            raise DataError(f"{where} has no metric of the split {split}; give the trainer the rows of this split")
        return found | {"rows": entries[0]["rows"]}
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{where}: expected a list `metrics` of name, value, split and rows; missing: {error}"
        ) from None


def metric_key(name: str) -> str:
    """Return a metric's key in reports and labels, e.g. `f1` for `f1-score` and `roc_auc` for `roc-auc`."""
    return name.removesuffix("-score").replace("-", "_")
