"""Run `python -m trainer.evaluate`: the command line around the comparison of two models."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trainer_common.artifacts.folder import write_json
from trainer_common.evaluation.comparison import ScoredModel, compare_models, to_text
from trainer_common.flags.arguments import flag, parse_arguments


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateArgs:
    """The flags of the command."""

    challenger: str = flag("the new model, or the folder that holds it")
    champion: str | None = flag("the model in service, if there is one", default=None)
    test: tuple[str, ...] = flag("rows to score on")
    scores: str = flag("file to write, JSON: a local path or gs://...")


def evaluate_models(argv: Sequence[str], load: Callable[[str], ScoredModel[Any]]) -> None:
    """Score a challenger and a champion, print the metrics and write them to the file in `--scores`.

    Args:
        argv: The command line without the program name.
        load: Takes the URI of a model; returns the model.

    Raises:
        UserError: A flag is wrong, or the rows or the challenger cannot be read; no file is written.
        StorageError: The same, or the file cannot be written; a retry may succeed.
    """
    args = parse_arguments(EvaluateArgs, argv, "Score a challenger and a champion on the same test rows.")
    document = compare_models(args.challenger, args.champion, args.test, load)
    sys.stdout.write(f"{to_text(document)}\n")
    write_json(args.scores, document)
