"""Has a loaded bundle answer the rows that its trainer left, and compares the answers."""

import json
import logging
from collections.abc import Sequence

from trainer_common.artifacts import PREDICTIONS_FILE, ArtifactFolder
from trainer_common.failures import MissingFileError, UserError
from trainer_common.filesystem import read_bytes
from trainer_common.instances import Column, Instance, check_instances

from trainer.bundle import Bundle
from trainer.predictions import predict

TOLERANCE = 1e-6
"""The largest difference of a probability that is none: other processors round the last bits differently."""

_log = logging.getLogger(__name__)


def check_bundle(bundle: Bundle, folder_uri: str, columns: Sequence[Column]) -> None:
    """Compares a bundle's answers with those in `predictions.json` beside it.

    A folder without that file passes with a warning: training without test rows leaves none.

    Args:
        bundle: What was loaded.
        folder_uri: Where it came from.
        columns: What an instance holds.

    Raises:
        UserError: The file is not readable, or an answer differs.
        StorageError: The file cannot be read.
    """
    uri = ArtifactFolder(folder_uri).uri_of(PREDICTIONS_FILE)
    try:
        content = read_bytes(uri)
    except MissingFileError:
        _log.warning("no %s: the answers of this model are not checked", uri)
        return
    instances, expected = _read_sample(uri, content, columns)
    answers = predict(bundle, instances)
    for index, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        # Written so that NaN, which equals nothing, is a difference too.
        if not abs(answer["probability"] - wanted) <= TOLERANCE:
            raise UserError(
                f"{folder_uri} does not answer as its trainer did: {PREDICTIONS_FILE}, instances[{index}]: expected "
                f"probability {wanted:.6f}, found {answer['probability']:.6f}; the files are of different runs, or "
                "damaged: deploy the folder that the trainer wrote, or train again"
            )
    _log.info("self-check passed: %d rows of %s", len(expected), uri)


def _read_sample(uri: str, content: bytes, columns: Sequence[Column]) -> tuple[list[Instance], list[float]]:
    """Reads instances and the probability expected for each."""
    try:
        document = json.loads(content)
        instances = check_instances(document["instances"], columns)
        expected = [float(prediction["probability"]) for prediction in document["predictions"]]
        if len(expected) != len(instances):
            raise UserError(f"{len(instances)} instances and {len(expected)} predictions")
    except (UserError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{uri}: expected instances with a prediction of each, found something else ({error}); train again"
        ) from error
    return instances, expected
