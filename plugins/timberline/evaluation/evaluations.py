"""What a training measured, as the model registry keeps it: labels, one line of text, an evaluation. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from timberline.run.identity import LABEL_LIMIT

METRIC_LABEL_PREFIX = "metric-"
CLASSIFICATION_SCHEMA_URI = (
    "https://storage.googleapis.com/google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
)

Metrics = Mapping[str, float | int | None]

# Our names by those of the schema; what it has no field for goes to the evaluation's metadata.
_OVERALL = {"auPrc": "pr_auc", "auRoc": "roc_auc", "logLoss": "log_loss"}
_AT_THRESHOLD = {"f1Score": "f1", "precision": "precision", "recall": "recall"}
_DIGITS = 4


def metric_labels(metrics: Metrics) -> dict[str, str]:
    """Return metrics as labels, by which versions can be compared in a list: `metric-f1: 0_9163`.

    An undefined metric has none. Labels hold no point: an underscore stands for it.
    """
    labels = {f"{METRIC_LABEL_PREFIX}{name.replace('_', '-')}": _label(value) for name, value in _defined(metrics)}
    return {name: text for name, text in labels.items() if len(text) <= LABEL_LIMIT}


def describe(metrics: Metrics, run_key: str) -> str:
    """Return the line that consoles show for a version: its metrics, and the run that trained it."""
    shown = ", ".join(f"{name} {_figure(value)}" for name, value in _defined(metrics))
    return f"{shown or 'not measured'}; run {run_key}"


def evaluation_body(metrics: Metrics, run_key: str) -> dict[str, Any]:
    """Return a ModelEvaluation in Google's JSON form; it is told from those of other runs by its name."""
    found = dict(_defined(metrics))
    fields = {field: found[name] for field, name in _OVERALL.items() if name in found}
    at_threshold = {field: found[name] for field, name in _AT_THRESHOLD.items() if name in found}
    placed = {*_OVERALL.values(), *_AT_THRESHOLD.values()}
    return {
        "displayName": run_key,
        "metricsSchemaUri": CLASSIFICATION_SCHEMA_URI,
        "metrics": fields | ({"confidenceMetrics": [at_threshold]} if at_threshold else {}),
        "metadata": {name: value for name, value in found.items() if name not in placed} | {"run_key": run_key},
    }


def _defined(metrics: Metrics) -> list[tuple[str, float | int]]:
    return [(name, value) for name, value in metrics.items() if value is not None and math.isfinite(value)]


def _label(value: float) -> str:
    return _figure(value).replace(".", "_")


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{_DIGITS}f}"
