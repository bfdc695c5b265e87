"""Has a loaded bundle answer the rows that its trainer left, and compares the probabilities."""

from collections.abc import Sequence

from trainer_common.instances import Column
from trainer_common.self_check import check_answers

from trainer.bundle import Bundle
from trainer.predictions import Prediction, predict

TOLERANCE = 1e-6
"""The largest difference of a probability that is none: other processors round the last bits differently."""


def check_bundle(bundle: Bundle, folder_uri: str, columns: Sequence[Column]) -> None:
    """Compares a bundle's answers with those in `predictions.json` beside it (see `check_answers`).

    Args:
        bundle: What was loaded.
        folder_uri: Where it came from.
        columns: What an instance holds.

    Raises:
        UserError: The file is not readable, or an answer differs.
        StorageError: The file cannot be read.
    """
    check_answers(
        folder_uri,
        columns,
        lambda instances: predict(bundle, instances),
        lambda prediction: float(prediction["probability"]),
        _difference,
    )


def _difference(answer: Prediction, expected: float) -> str | None:
    # Written so that NaN, which equals nothing, is a difference too.
    if not abs(answer["probability"] - expected) <= TOLERANCE:
        return f"expected probability {expected:.6f}, found {answer['probability']:.6f}"
    return None
