"""Computes the metrics of one split from its labels and scores."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn import metrics
from trainer_common.report import Goal, Metric

from trainer.features import BoolVector

_ONE_CLASS = "the rows have {} positive labels of {}: the metric needs both classes"


def evaluate(split: str, labels: BoolVector, scores: npt.NDArray[np.float32], threshold: float) -> list[Metric]:
    """Computes all metrics of one split.

    Args:
        split: Its name.
        labels: Shape (n_rows,).
        scores: Probability of the positive class, shape (n_rows,).
        threshold: A score above it is a positive prediction.

    Returns:
        accuracy, f1-score, precision, recall, roc-auc, pr-auc and log-loss, in this order. The two areas are undefined
        when only one class occurs; precision, recall and F1 are then 0 where they would divide by zero.
    """
    predicted = scores > threshold
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, average="binary", zero_division=0
    )
    # A probability of exactly 0 or 1 would make one wrong row cost infinitely much.
    log_loss = metrics.log_loss(labels, scores.astype(np.float64), labels=[False, True])
    values = {
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "f1-score": float(f1),
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


def _area(
    metric: Callable[[BoolVector, npt.NDArray[np.float32]], float], labels: BoolVector, scores: npt.NDArray[np.float32]
) -> float:
    """Computes an area under a curve; NaN when only one class occurs, where scikit-learn warns or answers 0."""
    return float(metric(labels, scores)) if labels.any() and not labels.all() else math.nan
