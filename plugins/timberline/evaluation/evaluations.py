"""Metrics as the model registry keeps them: labels, one line of text, an evaluation. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from timberline.data.datasets.data_set import Task
from timberline.evaluation.metrics import Metrics
from timberline.run.identity import LABEL_LIMIT

METRIC_LABEL_PREFIX = "metric-"
CLASSIFICATION_SCHEMA_URI = (
    "https://storage.googleapis.com/google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
)
REGRESSION_SCHEMA_URI = "gs://google-cloud-aiplatform/schema/modelevaluation/regression_metrics_1.0.0.yaml"

# Metric keys by the fields of the two schemas. A metric without a field goes to the evaluation's metadata.
_OVERALL = {"auPrc": "pr_auc", "auRoc": "roc_auc", "logLoss": "log_loss"}
_AT_THRESHOLD = {"f1Score": "f1", "precision": "precision", "recall": "recall"}
_REGRESSION = {
    "rootMeanSquaredError": "rmse",
    "meanAbsoluteError": "mae",
    "meanAbsolutePercentageError": "mape",
    "rSquared": "r2",
    "rootMeanSquaredLogError": "rmsle",
}
_DIGITS = 4


def metric_labels(metrics: Metrics) -> dict[str, str]:
    """Return metrics as labels, so that a list of versions shows them: `metric-f1: 0_9163`.

    An undefined metric has no label. A label cannot have a point; an underscore replaces it.
    """
    labels = {f"{METRIC_LABEL_PREFIX}{name.replace('_', '-')}": _label(value) for name, value in _defined(metrics)}
    return {name: text for name, text in labels.items() if len(text) <= LABEL_LIMIT}


def describe(metrics: Metrics, run_key: str) -> str:
    """Return the description of a version: its metrics, and the run that trained it."""
    shown = ", ".join(f"{name} {_figure(value)}" for name, value in _defined(metrics))
    return f"{shown or 'not measured'}; run {run_key}"


def evaluation_body(metrics: Metrics, run_key: str, task: Task) -> dict[str, Any]:
    """Return a ModelEvaluation in Google's JSON form; its name tells it from the evaluations of other runs.

    Args:
        metrics: the metrics.
        run_key: the run that measured them.
        task: what the model predicts; it chooses the schema.
    """
    found = dict(_defined(metrics))
    is_regression = task is Task.REGRESSION
    fields = _regression_fields(found) if is_regression else _classification_fields(found)
    placed = {*_REGRESSION.values()} if is_regression else {*_OVERALL.values(), *_AT_THRESHOLD.values()}
    return {
        "displayName": run_key,
        "metricsSchemaUri": REGRESSION_SCHEMA_URI if is_regression else CLASSIFICATION_SCHEMA_URI,
        "metrics": fields,
        "metadata": {name: value for name, value in found.items() if name not in placed} | {"run_key": run_key},
    }


def _regression_fields(metrics: Mapping[str, float]) -> dict[str, Any]:
    return {field: metrics[key] for field, key in _REGRESSION.items() if key in metrics}


def _classification_fields(metrics: Mapping[str, float]) -> dict[str, Any]:
    fields: dict[str, Any] = {field: metrics[key] for field, key in _OVERALL.items() if key in metrics}
    at_threshold = {field: metrics[key] for field, key in _AT_THRESHOLD.items() if key in metrics}
    return fields | ({"confidenceMetrics": [at_threshold]} if at_threshold else {})


def _defined(metrics: Metrics) -> list[tuple[str, float | int]]:
    return [(name, value) for name, value in metrics.items() if value is not None and math.isfinite(value)]


def _label(value: float) -> str:
    return _figure(value).replace(".", "_")


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{_DIGITS}f}"
