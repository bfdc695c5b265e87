"""The metrics of a classifier of several classes."""

import numpy as np
import pytest
from trainer_common.evaluation.multiclass import multiclass_metrics
from trainer_common.report.metric import Metric

CLASSES = np.array([1, 2, 5])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1]])


def judge(*labels: int) -> dict[str, Metric]:
    """Return the metrics of a model that answers with `PROBABILITIES`."""
    probabilities = PROBABILITIES[: len(labels)]
    predicted = CLASSES[probabilities.argmax(axis=1)]
    found = multiclass_metrics("test", np.array(labels), predicted, classes=CLASSES, probabilities=probabilities)
    return {metric.name: metric for metric in found}


def test_all_metrics_come_with_goal_split_and_rows() -> None:
    found = judge(1, 2, 1, 1)
    assert {name: metric.value for name, metric in found.items()} == pytest.approx(
        {
            "accuracy": 0.75,
            "f1-macro": (0.8 + 2 / 3) / 2,
            "recall-macro": (2 / 3 + 1) / 2,
            "log-loss": -np.log([0.7, 0.8, 0.3, 0.6]).mean(),
            "recall-1": 2 / 3,
            "recall-2": 1.0,
            "recall-5": None,
        }
    )
    assert {(metric.split, metric.rows) for metric in found.values()} == {("test", 4)}
    assert [metric.name for metric in found.values() if metric.goal == "MINIMIZE"] == ["log-loss"]
    assert found["recall-5"].reason == "no row is of class 5"


def test_an_unknown_class_leaves_the_log_loss_undefined_with_a_reason() -> None:
    found = judge(1, 2, 4, 1)
    assert found["log-loss"].value is None
    assert found["log-loss"].reason == "the model does not know class 4, which rows are of"
    assert (found["accuracy"].value, found["recall-4"].value) == (0.75, 0.0)


def test_rows_of_one_class_have_metrics() -> None:
    found = judge(1)
    assert (found["accuracy"].value, found["recall-macro"].value) == (1.0, 1.0)
