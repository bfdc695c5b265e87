"""Score a challenger and a champion on the same test rows: `python -m trainer.evaluate`."""

import sys
from collections.abc import Sequence

from trainer_common.evaluation.command import evaluate_models
from trainer_common.failures import run_main

from trainer.bundle import load_model


def main(argv: Sequence[str]) -> None:
    """Score both models, each with its own threshold, and write the scores (see `evaluate_models`)."""
    evaluate_models(argv, load_model)


if __name__ == "__main__":
    sys.exit(run_main(main))
