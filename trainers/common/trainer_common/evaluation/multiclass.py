"""Compute the metrics of a classifier of several classes."""

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from trainer_common.reading.labels import ClassLabels
from trainer_common.report.metric import Goal, Metric

ACCURACY = "accuracy"


def multiclass_metrics(
    split: str,
    labels: ClassLabels,
    predicted: ClassLabels,
    *,
    classes: ClassLabels,
    probabilities: npt.NDArray[np.float64],
) -> list[Metric]:
    """Return the metrics of one split.

    Args:
        split: Its name.
        labels: The true class of each row, shape (n_rows,).
        predicted: The predicted class of each row, shape (n_rows,).
        classes: The classes that the model knows, shape (n_classes,).
        probabilities: Probability of each of `classes`, shape (n_rows, n_classes).

    Returns:
        accuracy, f1-macro, recall-macro (balanced accuracy), log-loss, and `recall-<class>` of each class that the
        model knows or that occurs in the rows. The means weigh all classes equally: the classes of the rows, and for F1
        those that were predicted too. Log loss is undefined when the model does not know a class of the rows; the
        recall of a class without rows is undefined.
    """
    recalls = _recalls(labels, predicted)
    values: dict[str, float] = {
        ACCURACY: float(metrics.accuracy_score(labels, predicted)),
        "f1-macro": float(metrics.f1_score(labels, predicted, average="macro", zero_division=0)),
        "recall-macro": float(np.mean(list(recalls.values()))),
    }
    rows = labels.size
    found = [Metric(name=n, value=v, goal=Goal.MAXIMIZE, split=split, rows=rows) for n, v in values.items()]
    loss, problem = _log_loss(labels, classes, probabilities)
    found.append(Metric(name="log-loss", value=loss, goal=Goal.MINIMIZE, split=split, rows=rows, reason=problem))
    for label in sorted({*classes.tolist(), *recalls}):
        reason = None if label in recalls else f"no row is of class {label}"
        name, value = f"recall-{label}", recalls.get(label)
        found.append(Metric(name=name, value=value, goal=Goal.MAXIMIZE, split=split, rows=rows, reason=reason))
    return found


def _recalls(labels: ClassLabels, predicted: ClassLabels) -> dict[int, float]:
    """Return the share of each class's rows that were predicted as that class, by class."""
    return {int(label): float(np.mean(predicted[labels == label] == label)) for label in np.unique(labels)}


def _log_loss(
    labels: ClassLabels, classes: ClassLabels, probabilities: npt.NDArray[np.float64]
) -> tuple[float | None, str | None]:
    """Return the log loss, or None and the reason."""
    unknown = np.setdiff1d(labels, classes)
    if unknown.size:
        listed = ", ".join(str(label) for label in unknown)
        return None, f"the model does not know class {listed}, which rows are of"
    # scikit-learn clips probabilities of exactly 0, whose loss would be infinite.
    return float(metrics.log_loss(labels, probabilities, labels=classes)), None
