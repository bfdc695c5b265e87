"""What the model answers about rows, and a few test rows kept with these answers for checks of a served model."""

from typing import TypedDict

import numpy as np
from trainer_common.covertype import FEATURES

from trainer.bundle import Bundle, Rows
from trainer.inputs import Split


class Prediction(TypedDict):
    """The answer about one row, here and from the prediction server alike."""

    probability: float
    """That the row is of the positive class, in [0, 1]."""
    predicted: int
    """1 when the probability is above the bundle's threshold, else 0."""


def predict(bundle: Bundle, rows: Rows) -> list[Prediction]:
    """Predicts rows.

    Args:
        bundle: The model.
        rows: What `Bundle.predict_proba` takes.

    Returns:
        One answer for each row.

    Raises:
        UserError: A column is missing or of a wrong type.
    """
    return [
        {"probability": float(score), "predicted": int(score > bundle.threshold)}
        for score in bundle.predict_proba(rows)
    ]


def sample_predictions(bundle: Bundle, test: Split, count: int) -> dict[str, object]:
    """Predicts a few rows.

    Args:
        bundle: The model.
        test: The rows to choose from: the first ones in reading order, of which up to half are positive, because the
            first rows of a rare class's data set are all negative, and prove little.
        count: How many at most.

    Returns:
        `instances`: the raw features by name, as a prediction request takes them; `predictions`: for each the
        `probability` of the positive class, the `predicted` label and the true `label`, both 0 or 1.
    """
    positive = np.flatnonzero(test.labels)[: count // 2]
    negative = np.flatnonzero(~test.labels)[: count - positive.size]
    chosen = np.sort(np.concatenate([positive, negative]))
    rows = test.table.take(chosen).select(FEATURES)
    answers = predict(bundle, rows)
    return {
        "target": bundle.target,
        "positive_class": bundle.positive_class,
        "threshold": bundle.threshold,
        "instances": rows.to_pylist(),
        "predictions": [
            {**answer, "label": int(label)} for answer, label in zip(answers, test.labels[chosen], strict=True)
        ],
    }
