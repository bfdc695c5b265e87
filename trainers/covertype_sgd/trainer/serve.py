"""Serve a saved model as a prediction container: `python -m trainer.serve`."""

import sys
from collections.abc import Sequence

from trainer_common.failures import run_main
from trainer_common.serving.server import serve_model

from trainer.bundle import load_model


def main(argv: Sequence[str]) -> None:
    """Serve until SIGTERM (see `serve_model`)."""
    serve_model(argv, load_model)


if __name__ == "__main__":
    sys.exit(run_main(main))
