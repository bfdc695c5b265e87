"""Let a loaded model predict the rows that its trainer recorded, and compare the answers."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from trainer_common.artifacts.folder import PREDICTIONS_FILE, ArtifactFolder
from trainer_common.failures import MissingFileError, UserError
from trainer_common.predictions.instances import Column, Instance, check_instances
from trainer_common.predictions.predictor import CheckedPredictor
from trainer_common.storage.filesystem import read_bytes

_log = logging.getLogger(__name__)


def check_answers(folder_uri: str, model: CheckedPredictor) -> None:
    """Compare a model's answers with those in the `predictions.json` of its folder.

    Without that file the check passes with a warning: training without test rows does not write it.

    Args:
        folder_uri: The folder of the model.
        model: The loaded model.

    Raises:
        UserError: An answer differs, or the file is not one that a trainer writes.
        StorageError: The file cannot be read.
    """
    uri = ArtifactFolder(folder_uri).uri_of(PREDICTIONS_FILE)
    try:
        content = read_bytes(uri)
    except MissingFileError:
        _log.warning("no %s: the answers of this model are not checked", uri)
        return
    instances, recorded = _read_sample(uri, content, model.columns)
    for index, (answer, expected) in enumerate(zip(model.predict(instances), recorded, strict=True)):
        try:
            problem = model.difference(answer, expected)
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(uri, error) from error
        if problem:
            raise UserError(
                f"{folder_uri} does not answer as its trainer did: {PREDICTIONS_FILE}, instances[{index}]: {problem}; "
                "the files are of different runs, or damaged: deploy the folder that the trainer wrote, or train again"
            )
    _log.info("self-check passed: %d rows of %s", len(recorded), uri)


def _read_sample(uri: str, content: bytes, columns: Sequence[Column]) -> tuple[list[Instance], list[Mapping[str, Any]]]:
    """Return the recorded instances, and the recorded prediction of each."""
    try:
        document = json.loads(content)
        instances = check_instances(document["instances"], columns)
        recorded = list(document["predictions"])
        if len(recorded) != len(instances):
            raise UserError(f"{len(instances)} instances and {len(recorded)} predictions")
    except (UserError, ValueError, TypeError, KeyError) as error:
        raise _malformed(uri, error) from error
    return instances, recorded


def _malformed(uri: str, error: Exception) -> UserError:
    return UserError(
        f"{uri}: expected instances with a prediction of each, found something else ({error}); train again"
    )
