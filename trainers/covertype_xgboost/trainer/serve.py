"""Serves a saved bundle as a prediction container: `python -m trainer.serve`."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.environment import read_serving_environment
from trainer_common.failures import run_main
from trainer_common.instances import Column, Instance, Kind
from trainer_common.serving import serve
from trainer_common.task_args import OneLineParser

from trainer.bundle import Bundle, load_bundle
from trainer.features import CATEGORICAL, FEATURES
from trainer.predictions import Prediction, predict
from trainer.self_check import check_bundle

COLUMNS = tuple(Column(name, Kind.CATEGORY if name in CATEGORICAL else Kind.NUMBER) for name in FEATURES)


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
    """Serves until told to end; the service says by the environment what and where."""
    OneLineParser("Serve the bundle in AIP_STORAGE_URI; see also AIP_HTTP_PORT, AIP_PREDICT_ROUTE.").parse_args(argv)
    # To stdout: a prediction service files what comes on stderr as errors.
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    serve(load, read_serving_environment())


if __name__ == "__main__":
    sys.exit(run_main(main))
