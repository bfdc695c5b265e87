"""Compute the metrics of a binary classifier."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from trainer_common.reading.labels import BinaryLabels
from trainer_common.report.metric import Goal, Metric

F1_SCORE = "f1-score"
_ONE_CLASS = "the rows have {} positive labels of {}: the metric needs both classes"


def binary_metrics(split: str, labels: BinaryLabels, scores: npt.NDArray[np.float32], threshold: float) -> list[Metric]:
    """Return the metrics of one split.

    Args:
        split: Its name.
        labels: Shape (n_rows,).
        scores: Probability of the positive class, shape (n_rows,).
        threshold: A row is predicted positive when its score is above it.

    Returns:
        accuracy, f1-score, precision, recall, roc-auc, pr-auc and log-loss, in this order. The two areas are undefined
        when only one class occurs. Precision, recall and F1 are 0 where they would divide by zero.
    """
    predicted = scores > threshold
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, average="binary", zero_division=0
    )
    # In float64, where scikit-learn clips probabilities closer to 0 and 1.
    log_loss = metrics.log_loss(labels, scores.astype(np.float64), labels=[False, True])
    values = {
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        F1_SCORE: float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "roc-auc": _area(metrics.roc_auc_score, labels, scores),
        "pr-auc": _area(metrics.average_precision_score, labels, scores),
        "log-loss": float(log_loss),
    }
    reason = _ONE_CLASS.format(int(labels.sum()), labels.size)
    return [
        Metric(
            name=name,
            value=None if math.isnan(value) else value,
            goal=Goal.MINIMIZE if name == "log-loss" else Goal.MAXIMIZE,
            split=split,
            rows=labels.size,
            reason=reason if math.isnan(value) else None,
        )
        for name, value in values.items()
    ]


def f1_score(labels: BinaryLabels, predicted: BinaryLabels) -> float:
    """Return F1 of the positive class, faster than scikit-learn, whose F1 takes longer than a small boosting round.

    Args:
        labels: Shape (n_rows,).
        predicted: Shape (n_rows,).

    Returns:
        F1 in [0, 1]; 0 when no row is positive and none is predicted positive.
    """
    hits = int(np.count_nonzero(labels & predicted))
    marked = int(np.count_nonzero(labels)) + int(np.count_nonzero(predicted))
    return 2 * hits / marked if marked else 0.0


def _area(
    metric: Callable[[BinaryLabels, npt.NDArray[np.float32]], float],
    labels: BinaryLabels,
    scores: npt.NDArray[np.float32],
) -> float:
    """Return an area under a curve; NaN when only one class occurs, where scikit-learn warns or returns 0."""
    return float(metric(labels, scores)) if labels.any() and not labels.all() else math.nan
