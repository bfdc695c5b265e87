"""What the model answers about rows, and a few test rows kept with these answers for checks of a served model."""

import numpy as np
import numpy.typing as npt

from trainer.features import Labels, Rows
from trainer.inputs import Split
from trainer.model import Pipeline


def predict(pipeline: Pipeline, rows: Rows) -> list[int]:
    """Returns the class of each row."""
    classes: list[int] = pipeline.predict(rows).tolist()
    return classes


def sample_predictions(pipeline: Pipeline, test: Split, count: int) -> dict[str, object]:
    """Predicts a few rows.

    Args:
        pipeline: The model.
        test: The rows to choose from (see `_spread`).
        count: How many at most.

    Returns:
        `instances`: lists in the order of the columns, as a prediction request takes them; `predictions`: for each the
        class `predicted`, and the true one, `label`.
    """
    chosen = _spread(test.labels, count)
    rows, labels = test.rows[chosen], test.labels[chosen]
    return {
        "instances": rows.tolist(),
        "predictions": [
            {"predicted": predicted, "label": int(label)}
            for predicted, label in zip(predict(pipeline, rows), labels, strict=True)
        ],
    }


def _spread(labels: Labels, count: int) -> npt.NDArray[np.intp]:
    """Chooses the first row of each class, then the second of each, and so on; returns places in reading order."""
    ranks = np.empty(labels.size, dtype=np.intp)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        ranks[places] = np.arange(places.size)
    return np.sort(np.lexsort((labels, ranks))[:count])
