"""Metrics as labels, as one line, and as an evaluation."""

import re
from typing import Any

from google.cloud.aiplatform_v1 import ModelEvaluation
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from timberline.data.datasets.data_set import Task
from timberline.evaluation.evaluations import describe, evaluation_body, metric_labels

_METRICS: dict[str, Any] = {
    "accuracy": 0.97, "f1": 0.91634, "precision": 0.9, "recall": 0.93, "roc_auc": None, "pr_auc": 0.95,
    "log_loss": 0.05, "rows": 58_000,
}  # fmt: skip


def test_a_label_holds_a_metric_with_an_underscore_for_the_point() -> None:
    labels = metric_labels(_METRICS)
    assert (labels["metric-f1"], labels["metric-rows"]) == ("0_9163", "58000")


@given(st.dictionaries(st.sampled_from(["f1", "log_loss", "rows"]), st.floats() | st.integers() | st.none()))
def test_whatever_was_measured_the_labels_are_valid(metrics: dict[str, Any]) -> None:
    for name, value in metric_labels(metrics).items():
        assert re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name)
        assert re.fullmatch(r"[a-z0-9_-]{1,63}", value)


def test_an_undefined_metric_has_no_label() -> None:
    assert metric_labels({"roc_auc": None, "f1": float("nan")}) == {}


def test_the_line_tells_the_metrics_and_the_run() -> None:
    assert describe({"f1": 0.91634, "rows": 10, "roc_auc": None}, "dag-abc") == "f1 0.9163, rows 10; run dag-abc"
    assert describe({}, "dag-abc") == "not measured; run dag-abc"


def test_metrics_take_the_schemas_fields_and_the_rest_is_metadata() -> None:
    body = evaluation_body(_METRICS, "dag-abc", Task.BINARY_PER_SEGMENT)
    assert body["metrics"] == {
        "auPrc": 0.95,
        "logLoss": 0.05,
        "confidenceMetrics": [{"f1Score": 0.91634, "precision": 0.9, "recall": 0.93}],
    }
    assert body["metadata"] == {"accuracy": 0.97, "rows": 58_000, "run_key": "dag-abc"}


def test_an_evaluation_is_one_that_googles_message_accepts() -> None:
    message = ModelEvaluation()
    ParseDict(evaluation_body(_METRICS, "dag-abc", Task.BINARY_PER_SEGMENT), ModelEvaluation.pb(message))
    assert message.display_name == "dag-abc"
    assert message.metrics_schema_uri.endswith("/classification_metrics_1.0.0.yaml")


def test_a_regression_has_the_fields_of_its_own_schema() -> None:
    metrics = {"rmse": 3.5, "mae": 1.9, "r2": 0.8, "trimmed_rmse": 2.0, "mape": None, "rows": 10}
    body = evaluation_body(metrics, "dag-abc", Task.REGRESSION)
    assert body["metrics"] == {"rootMeanSquaredError": 3.5, "meanAbsoluteError": 1.9, "rSquared": 0.8}
    assert body["metadata"] == {"trimmed_rmse": 2.0, "rows": 10, "run_key": "dag-abc"}
    message = ModelEvaluation()
    ParseDict(body, ModelEvaluation.pb(message))
    schema = "gs://google-cloud-aiplatform/schema/modelevaluation/regression_metrics_1.0.0.yaml"
    assert message.metrics_schema_uri == schema
