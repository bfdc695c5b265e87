"""Scores one or two saved bundles on the same test rows: `python -m trainer.evaluate`.

A bundle is a pickle, and to load it is to run the code in it: name only folders that this pipeline wrote.
"""

import sys
from collections.abc import Sequence

from trainer_common.comparison import SPLIT, Score, compare, compare_main, score
from trainer_common.failures import run_main

from trainer.bundle import MODEL_FILE, load_pipeline
from trainer.inputs import read_split
from trainer.scoring import evaluate


def run(challenger_uri: str, champion_uri: str | None, test: Sequence[str]) -> dict[str, object]:
    """Scores the challenger, and the champion if there is one.

    Args:
        challenger_uri: A bundle, or the folder it is in.
        champion_uri: The same of the model in service; None when there is none.
        test: Locations of the rows, which are read once.

    Returns:
        The document (see `compare`).

    Raises:
        UserError: The rows or the challenger cannot be read.
        StorageError: The same, for a reason that may pass.
    """
    challenger = load_pipeline(challenger_uri)
    rows = read_split(SPLIT, test)

    def score_champion(uri: str) -> Score:
        return score(uri, evaluate(load_pipeline(uri), rows))

    reached = score(challenger_uri, evaluate(challenger, rows))
    return compare(rows.labels.size, reached, champion_uri, score_champion)


def main(argv: Sequence[str]) -> None:
    """Reads the command line, scores, prints the metrics and writes the document (see `compare_main`)."""
    compare_main(argv, MODEL_FILE, run)


if __name__ == "__main__":
    sys.exit(run_main(main))
