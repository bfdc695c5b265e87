"""Scores one or two saved bundles on the same test rows: `python -m trainer.evaluate`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.artifacts import write_json
from trainer_common.failures import StorageError, UserError, run_main
from trainer_common.task_args import OneLineParser, add_locations_flag, flatten_locations

from trainer.bundle import Bundle, load_bundle
from trainer.inputs import Split, read_split
from trainer.scoring import evaluate

SPLIT = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What became of one bundle."""

    uri: str
    metrics: dict[str, float | None] | None = None
    """Values by name; a value is None where the rows do not define it. None when the bundle cannot be scored."""
    error: str | None = None
    """Why it cannot."""

    def to_json(self) -> dict[str, object]:
        """Returns `uri`, and either `metrics` or `error`."""
        return {"uri": self.uri} | ({"error": self.error} if self.metrics is None else {"metrics": self.metrics})


def run(challenger_uri: str, champion_uri: str | None, test: Sequence[str]) -> dict[str, object]:
    """Scores the challenger, and the champion if there is one; each with its own threshold.

    Args:
        challenger_uri: A bundle, or the folder it is in. Its target and positive class are those of the comparison.
        champion_uri: The same of the model in service; None when there is none.
        test: Locations of the rows, which are read once.

    Returns:
        The document: `split`, `rows`, `challenger` and `champion` (see `Score.to_json`), the latter null when there is
        none. A champion that cannot be scored is part of the result, because a broken one must not block its successor.

    Raises:
        UserError: The rows or the challenger cannot be read.
        StorageError: The same, for a reason that may pass.
    """
    challenger = load_bundle(challenger_uri)
    rows = read_split(SPLIT, test, challenger.target, challenger.positive_class)
    score = _score(challenger_uri, challenger, rows)
    champion = _score_champion(champion_uri, challenger, rows) if champion_uri is not None else None
    return {
        "split": SPLIT,
        "rows": rows.labels.size,
        "challenger": score.to_json(),
        "champion": champion and champion.to_json(),
    }


def _score(uri: str, bundle: Bundle, rows: Split) -> Score:
    metrics = evaluate(rows.name, rows.labels, bundle.predict_proba(rows.table), bundle.threshold)
    return Score(uri=uri, metrics={metric.name: metric.value for metric in metrics})


def _score_champion(uri: str, challenger: Bundle, rows: Split) -> Score:
    """Scores the champion, or says why not."""
    try:
        champion = load_bundle(uri)
        _require_same_question(champion, challenger)
        return _score(uri, champion, rows)
    except (UserError, StorageError) as error:
        return Score(uri=uri, error=str(error))


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


def _to_text(document: dict[str, object]) -> str:
    """Returns one line per bundle, for people."""
    lines = [f"{document['rows']:,} rows"]
    for name in ("challenger", "champion"):
        score = document[name]
        if isinstance(score, dict):
            metrics = score.get("metrics") or {}
            figures = "  ".join(
                f"{key} {'-' if value is None else format(value, '.4f')}" for key, value in metrics.items()
            )
            lines.append(f"{name:<12}{figures or score['error']}")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
    """Reads the command line, scores, prints the metrics and writes the document."""
    parser = OneLineParser("Score a bundle, and the one in service, on the same test rows.")
    parser.add_argument("--challenger", required=True, help="the new model.ubj, or the folder that holds it")
    parser.add_argument("--champion", help="the one in service, if there is one")
    add_locations_flag(parser, SPLIT, "rows to score on", required=True)
    parser.add_argument("--scores", required=True, help="file to write, JSON: a local path or gs://...")
    args = parser.parse_args(argv)
    document = run(args.challenger, args.champion, flatten_locations(SPLIT, args.test))
    sys.stdout.write(f"{_to_text(document)}\n")
    write_json(args.scores, document)


if __name__ == "__main__":
    sys.exit(run_main(main))
