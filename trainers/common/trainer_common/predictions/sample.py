"""Record a few test rows with the model's answers, so that a served model can be checked against them."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from trainer_common.predictions.instances import JsonInstance


def choose_rows(labels: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.intp]:
    """Choose the rows to record for a classifier: the first row of each class, then the second of each, and so on.

    The first rows of a data set with a rare class often have no row of that class.

    Args:
        labels: The class of each row, shape (n_rows,).
        count: The largest number of rows.

    Returns:
        Row numbers in ascending order, shape (at most `count`,).
    """
    ranks = np.empty(labels.size, dtype=np.intp)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        ranks[rows] = np.arange(rows.size)
    return np.sort(np.lexsort((labels, ranks))[:count])


def sample_document(
    instances: Sequence[JsonInstance], answers: Sequence[object], labels: npt.NDArray[np.generic]
) -> dict[str, object]:
    """Return the content of `predictions.json`.

    Args:
        instances: The rows as a prediction request takes them.
        answers: The model's answer to each, as the prediction server gives it.
        labels: The true label of each, shape (n_rows,).

    Returns:
        `instances`, and `predictions`: for each instance the keys of the answer and the true `label`. An answer that is
        not an object is recorded as `predicted`; a boolean label as 0 or 1.
    """
    numbers = labels.astype(np.int64) if labels.dtype == np.bool_ else labels
    return {
        "instances": list(instances),
        "predictions": [
            {**_as_object(answer), "label": label} for answer, label in zip(answers, numbers.tolist(), strict=True)
        ],
    }


def _as_object(answer: object) -> Mapping[str, object]:
    return answer if isinstance(answer, Mapping) else {"predicted": answer}
