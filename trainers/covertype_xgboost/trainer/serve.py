"""Serves a saved bundle as a prediction container: `python -m trainer.serve`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.covertype import instance_columns
from trainer_common.failures import run_main
from trainer_common.instances import Column, Instance
from trainer_common.serving import serve_main

from trainer.bundle import Bundle, load_bundle
from trainer.predictions import Prediction, predict
from trainer.self_check import check_bundle

COLUMNS = instance_columns(nullable=True)


@dataclass(frozen=True, slots=True)
class BundlePredictor:
    """A bundle that answers requests."""

    bundle: Bundle
    columns: tuple[Column, ...] = COLUMNS

    def predict(self, instances: Sequence[Instance]) -> list[Prediction]:
        """Returns one answer for each instance."""
        return predict(self.bundle, instances)


def load(uri: str) -> BundlePredictor:
    """Loads the bundle of a folder, and has it answer the sample that its trainer left.

    Args:
        uri: The folder: a local path or a `gs://` URI.

    Returns:
        The predictor.

    Raises:
        UserError: There is no bundle, or its answers differ from the trainer's.
        StorageError: It cannot be read.
    """
    bundle = load_bundle(uri)
    check_bundle(bundle, uri, COLUMNS)
    return BundlePredictor(bundle)


def main(argv: Sequence[str]) -> None:
    """Serves until told to end (see `serve_main`)."""
    serve_main(argv, load)


if __name__ == "__main__":
    sys.exit(run_main(main))
