"""Keeps a few test rows with the model's own answers, for the smoke test of a deployed version."""

import numpy as np

from trainer.bundle import Bundle
from trainer.features import FEATURES
from trainer.inputs import Split


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
    scores = bundle.predict_proba(rows)
    return {
        "target": bundle.target,
        "positive_class": bundle.positive_class,
        "threshold": bundle.threshold,
        "instances": rows.to_pylist(),
        "predictions": [
            {"probability": float(score), "predicted": int(score > bundle.threshold), "label": int(label)}
            for score, label in zip(scores, test.labels[chosen], strict=True)
        ],
    }
