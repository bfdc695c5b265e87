"""Computes the metrics of one split."""

import numpy as np
import numpy.typing as npt
from sklearn import metrics
from trainer_common.report import Goal, Metric

from trainer.inputs import Split
from trainer.model import Pipeline

ACCURACY = "accuracy"


def evaluate(pipeline: Pipeline, split: Split) -> list[Metric]:
    """Computes all metrics of one split.

    Args:
        pipeline: The fitted model.
        split: The rows to judge it on.

    Returns:
        accuracy, f1-macro, recall-macro (which is balanced accuracy), log-loss, and `recall-<class>` of each class that
        the model knows or the rows hold. The means take all classes alike: those of the rows, and for F1 those that
        were predicted too.
    """
    features = pipeline["preprocessor"].transform(split.rows)
    classifier = pipeline["classifier"]
    predicted = classifier.predict(features)
    recalls = _recalls(split.labels, predicted)
    values: dict[str, float] = {
        ACCURACY: float(metrics.accuracy_score(split.labels, predicted)),
        "f1-macro": float(metrics.f1_score(split.labels, predicted, average="macro", zero_division=0)),
        "recall-macro": float(np.mean(list(recalls.values()))),
    }
    found = [_metric(split, name, value) for name, value in values.items()]
    found.append(_log_loss(split, classifier.classes_, classifier.predict_proba(features)))
    for label in sorted({*classifier.classes_.tolist(), *recalls}):
        reason = None if label in recalls else f"no row is of class {label}"
        found.append(_metric(split, f"recall-{label}", recalls.get(label), reason))
    return found


def _recalls(labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> dict[int, float]:
    """Returns the share of each class's rows that were predicted so, by class."""
    return {int(label): float(np.mean(predicted[labels == label] == label)) for label in np.unique(labels)}


def _log_loss(split: Split, classes: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> Metric:
    unknown = np.setdiff1d(split.labels, classes)
    if unknown.size:
        listed = ", ".join(str(label) for label in unknown)
        return _metric(split, "log-loss", None, f"the model does not know class {listed}, which rows are of")
    # scikit-learn keeps a probability of exactly 0 from costing infinitely much.
    return _metric(split, "log-loss", float(metrics.log_loss(split.labels, probabilities, labels=classes)))


def _metric(split: Split, name: str, value: float | None, reason: str | None = None) -> Metric:
    goal = Goal.MINIMIZE if name == "log-loss" else Goal.MAXIMIZE
    return Metric(name=name, value=value, goal=goal, split=split.name, rows=split.labels.size, reason=reason)
