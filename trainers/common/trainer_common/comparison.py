"""Scores a challenger and a champion on the same rows: the command line and the document of `trainer.evaluate`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trainer_common.artifacts import write_json
from trainer_common.failures import StorageError, UserError
from trainer_common.report import Metric
from trainer_common.task_args import OneLineParser, add_locations_flag, flatten_locations

SPLIT = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What became of one model."""

    uri: str
    metrics: Mapping[str, float | None] | None = None
    """Values by name; a value is None where the rows do not define it. None when the model cannot be scored."""
    error: str | None = None
    """Why it cannot."""

    def to_json(self) -> dict[str, object]:
        """Returns `uri`, and either `metrics` or `error`."""
        return {"uri": self.uri} | ({"error": self.error} if self.metrics is None else {"metrics": dict(self.metrics)})


def score(uri: str, metrics: Sequence[Metric]) -> Score:
    """Returns the score of a model that could be scored."""
    return Score(uri=uri, metrics={metric.name: metric.value for metric in metrics})


def compare(
    rows: int, challenger: Score, champion_uri: str | None, score_champion: Callable[[str], Score]
) -> dict[str, object]:
    """Scores the champion, if there is one, and puts it beside the challenger.

    Args:
        rows: How many rows both are scored on.
        challenger: What the new model reached on them.
        champion_uri: The model in service; None when there is none.
        score_champion: Loads and scores it.

    Returns:
        The document: `split`, `rows`, `challenger` and `champion` (see `Score.to_json`), the latter null when there is
        none. A champion that cannot be scored is part of the result, because a broken one must not block its successor.
    """
    champion = None
    if champion_uri is not None:
        try:
            champion = score_champion(champion_uri)
        except (UserError, StorageError) as error:
            champion = Score(uri=champion_uri, error=str(error))
    return {
        "split": SPLIT,
        "rows": rows,
        "challenger": challenger.to_json(),
        "champion": champion and champion.to_json(),
    }


def compare_main(
    argv: Sequence[str], model_file: str, run: Callable[[str, str | None, Sequence[str]], dict[str, object]]
) -> None:
    """Reads the command line, scores, prints the metrics and writes the document.

    Args:
        argv: The arguments without the program name.
        model_file: What the trainer calls its model, for `--help`.
        run: Takes the challenger, the champion or None, and the locations of the rows; returns the document.

    Raises:
        UserError: A flag is wrong, or the rows or the challenger cannot be read.
        StorageError: The same, for a reason that may pass.
    """
    parser = OneLineParser("Score a bundle, and the one in service, on the same test rows.")
    parser.add_argument("--challenger", required=True, help=f"the new {model_file}, or the folder that holds it")
    parser.add_argument("--champion", help="the one in service, if there is one")
    add_locations_flag(parser, SPLIT, "rows to score on", required=True)
    parser.add_argument("--scores", required=True, help="file to write, JSON: a local path or gs://...")
    args = parser.parse_args(argv)
    document = run(args.challenger, args.champion, flatten_locations(SPLIT, args.test))
    sys.stdout.write(f"{_to_text(document)}\n")
    write_json(args.scores, document)


def _to_text(document: Mapping[str, object]) -> str:
    """Returns one line per model, for people."""
    lines = [f"{document['rows']:,} rows"]
    for name in ("challenger", "champion"):
        found = document[name]
        if isinstance(found, dict):
            metrics = found.get("metrics") or {}
            figures = "  ".join(
                f"{key} {'-' if value is None else format(value, '.4f')}" for key, value in metrics.items()
            )
            lines.append(f"{name:<12}{figures or found['error']}")
    return "\n".join(lines)
