"""Has a loaded model answer the rows that its trainer left, and compares the answers."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from trainer_common.artifacts import PREDICTIONS_FILE, ArtifactFolder
from trainer_common.failures import MissingFileError, UserError
from trainer_common.filesystem import read_bytes
from trainer_common.instances import Column, Instance, check_instances

_log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")
ExpectedT = TypeVar("ExpectedT")


def check_answers(
    folder_uri: str,
    columns: Sequence[Column],
    predict: Callable[[Sequence[Instance]], Sequence[AnswerT]],
    read: Callable[[Mapping[str, Any]], ExpectedT],
    difference: Callable[[AnswerT, ExpectedT], str | None],
) -> None:
    """Compares a model's answers with those in `predictions.json` beside it.

    A folder without that file passes with a warning: training without test rows leaves none.

    Args:
        folder_uri: Where the model came from.
        columns: What an instance holds.
        predict: Answers instances.
        read: Takes an entry of `predictions`; returns what has to come. May raise KeyError, TypeError or ValueError.
        difference: Says what was expected and what was found where the two differ, else None.

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
    instances, expected = _read_sample(uri, content, columns, read)
    for index, (answer, wanted) in enumerate(zip(predict(instances), expected, strict=True)):
        if problem := difference(answer, wanted):
            raise UserError(
                f"{folder_uri} does not answer as its trainer did: {PREDICTIONS_FILE}, instances[{index}]: {problem}; "
                "the files are of different runs, or damaged: deploy the folder that the trainer wrote, or train again"
            )
    _log.info("self-check passed: %d rows of %s", len(expected), uri)


def _read_sample(
    uri: str, content: bytes, columns: Sequence[Column], read: Callable[[Mapping[str, Any]], ExpectedT]
) -> tuple[list[Instance], list[ExpectedT]]:
    """Reads instances and what is expected for each."""
    try:
        document = json.loads(content)
        instances = check_instances(document["instances"], columns)
        expected = [read(prediction) for prediction in document["predictions"]]
        if len(expected) != len(instances):
            raise UserError(f"{len(instances)} instances and {len(expected)} predictions")
    except (UserError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{uri}: expected instances with a prediction of each, found something else ({error}); train again"
        ) from error
    return instances, expected
