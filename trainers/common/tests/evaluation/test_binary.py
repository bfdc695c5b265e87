"""The metrics of a binary classifier."""

import numpy as np
import pytest
from sklearn import metrics
from trainer_common.evaluation.binary import binary_metrics, f1_score


def test_all_metrics_come_with_goal_split_and_rows() -> None:
    found = binary_metrics(
        "test", np.array([True, True, False, False]), np.array([0.9, 0.3, 0.6, 0.1], np.float32), 0.5
    )
    assert {metric.name: metric.value for metric in found} == pytest.approx(
        {
            "accuracy": 0.5,
            "f1-score": 0.5,
            "precision": 0.5,
            "recall": 0.5,
            "roc-auc": 0.75,
            "pr-auc": 0.8333333,
            "log-loss": 0.5827462,
        }
    )
    assert {(metric.split, metric.rows) for metric in found} == {("test", 4)}
    assert [metric.name for metric in found if metric.goal == "MINIMIZE"] == ["log-loss"]


def test_the_threshold_decides_what_is_positive() -> None:
    labels, scores = np.array([True, False]), np.array([0.4, 0.1], np.float32)
    assert [binary_metrics("test", labels, scores, threshold)[1].value for threshold in (0.5, 0.3)] == [0.0, 1.0]


@pytest.mark.parametrize("label", [False, True])
def test_one_class_alone_leaves_the_areas_undefined_with_a_reason(label: bool) -> None:
    scores = np.array([0.2, 0.3, 0.8], np.float32)
    found = {m.name: m for m in binary_metrics("test", np.full(3, label), scores, 0.5)}
    assert (found["roc-auc"].value, found["pr-auc"].value) == (None, None)
    assert "needs both classes" in (found["roc-auc"].reason or "")
    assert None not in (found["accuracy"].value, found["log-loss"].value)


def test_a_wrong_score_of_exactly_0_or_1_has_a_finite_log_loss() -> None:
    found = binary_metrics("test", np.array([True, False]), np.array([0.0, 1.0], np.float32), 0.5)
    assert np.isfinite(found[-1].value or 0.0)


@pytest.mark.parametrize(("labels", "predicted"), [([1, 1, 0, 0], [1, 0, 1, 0]), ([0, 0], [0, 0]), ([1, 0], [0, 1])])
def test_the_fast_f1_equals_that_of_scikit_learn(labels: list[int], predicted: list[int]) -> None:
    expected = metrics.f1_score(labels, predicted, zero_division=0)
    assert f1_score(np.array(labels, bool), np.array(predicted, bool)) == pytest.approx(expected)
