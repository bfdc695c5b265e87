"""Scores one or two saved bundles on the same test rows: `python -m trainer.evaluate`."""

import sys
from collections.abc import Sequence

from trainer_common.comparison import SPLIT, Score, compare, compare_main, score
from trainer_common.failures import UserError, run_main

from trainer.bundle import MODEL_FILE, Bundle, load_bundle
from trainer.inputs import Split, read_split
from trainer.scoring import evaluate


def run(challenger_uri: str, champion_uri: str | None, test: Sequence[str]) -> dict[str, object]:
    """Scores the challenger, and the champion if there is one; each with its own threshold.

    Args:
        challenger_uri: A bundle, or the folder it is in. Its target and positive class are those of the comparison.
        champion_uri: The same of the model in service; None when there is none.
        test: Locations of the rows, which are read once.

    Returns:
        The document (see `compare`).

    Raises:
        UserError: The rows or the challenger cannot be read.
        StorageError: The same, for a reason that may pass.
    """
    challenger = load_bundle(challenger_uri)
    rows = read_split(SPLIT, test, challenger.target, challenger.positive_class)

    def score_champion(uri: str) -> Score:
        champion = load_bundle(uri)
        _require_same_question(champion, challenger)
        return _score(uri, champion, rows)

    return compare(rows.labels.size, _score(challenger_uri, challenger, rows), champion_uri, score_champion)


def _score(uri: str, bundle: Bundle, rows: Split) -> Score:
    return score(uri, evaluate(rows.name, rows.labels, bundle.predict_proba(rows.table), bundle.threshold))


def _require_same_question(champion: Bundle, challenger: Bundle) -> None:
    """Checks that both tell the same rows from the rest.

    Raises:
        UserError: They do not; their metrics are no comparison.
    """
    asked, expected = ((each.target, each.positive_class) for each in (champion, challenger))
    if asked != expected:
        raise UserError(
            f"it predicts {_question(champion)}, the challenger {_question(challenger)}: expected the same; "
            "compare models of one target and class"
        )


def _question(bundle: Bundle) -> str:
    return f"{bundle.target} = {'1' if bundle.positive_class is None else bundle.positive_class}"


def main(argv: Sequence[str]) -> None:
    """Reads the command line, scores, prints the metrics and writes the document (see `compare_main`)."""
    compare_main(argv, MODEL_FILE, run)


if __name__ == "__main__":
    sys.exit(run_main(main))
