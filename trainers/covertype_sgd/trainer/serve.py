"""Serves a saved bundle as a prediction container: `python -m trainer.serve`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.covertype import instance_columns
from trainer_common.failures import run_main
from trainer_common.instances import Column, Instance
from trainer_common.self_check import check_answers
from trainer_common.serving import serve_main

from trainer.bundle import load_pipeline
from trainer.features import instances_to_rows
from trainer.model import Pipeline
from trainer.predictions import predict

# The model has no place for missing values; a category that it has not seen is no missing one.
COLUMNS = instance_columns(nullable=False)


@dataclass(frozen=True, slots=True)
class PipelinePredictor:
    """A pipeline that answers requests."""

    pipeline: Pipeline
    columns: tuple[Column, ...] = COLUMNS

    def predict(self, instances: Sequence[Instance]) -> list[int]:
        """Returns the class of each instance."""
        return predict(self.pipeline, instances_to_rows(instances))


def load(uri: str) -> PipelinePredictor:
    """Loads the bundle of a folder, and has it answer the sample that its trainer left.

    Args:
        uri: The folder, which this pipeline wrote (see `load_pipeline`): a local path or a `gs://` URI.

    Returns:
        The predictor.

    Raises:
        UserError: There is no bundle, or its answers differ from the trainer's.
        StorageError: It cannot be read.
    """
    predictor = PipelinePredictor(load_pipeline(uri))
    check_answers(uri, COLUMNS, predictor.predict, lambda prediction: int(prediction["predicted"]), _difference)
    return predictor


def _difference(answer: int, expected: int) -> str | None:
    return None if answer == expected else f"expected class {expected}, found {answer}"


def main(argv: Sequence[str]) -> None:
    """Serves until told to end (see `serve_main`)."""
    serve_main(argv, load)


if __name__ == "__main__":
    sys.exit(run_main(main))
