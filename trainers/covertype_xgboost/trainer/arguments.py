"""Read the flags of this trainer."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.failures import UserError
from trainer_common.flags.arguments import flag, parse_arguments
from trainer_common.flags.shared import RunFlags, SplitFlags
from trainer_common.flags.values import number

from trainer.model import BoosterParams


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    """Everything that one run depends on, apart from the environment."""

    splits: SplitFlags
    run: RunFlags
    params: BoosterParams
    target: str = flag("the column to predict")
    positive_class: str | None = flag(
        "value of the target that is positive; default: the target is 0 and 1", default=None
    )
    threshold: float = flag("probability above which a row is predicted positive, between 0 and 1", default=0.5)
    nthread: int = flag("threads to fit with", default=1)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UserError: A value is out of its range, or a tuning trial has no validation rows.
        """
        if not 0 < self.threshold < 1:
            raise UserError(f"--threshold: expected a number between 0 and 1, found {self.threshold}")
        if self.nthread < 1:
            raise UserError(f"--nthread: expected 1 or more, found {self.nthread}")
        if self.run.hptune and not self.splits.validation:
            raise UserError("--hptune needs --validation: trials are compared on those rows")


def parse(argv: Sequence[str]) -> TaskArgs:
    """Return the arguments on the command line.

    Args:
        argv: The command line without the program name.

    Raises:
        UserError: A flag is unknown, missing or out of range.
    """
    return parse_arguments(
        TaskArgs,
        argv,
        "Train one binary XGBoost model: one forest cover type against all others.",
        readers={"scale_pos_weight": positive_weight_flag},
    )


def positive_weight_flag(text: str) -> float | None:
    """Return the value of `--scale_pos_weight`.

    Args:
        text: TRUE for n_negative / n_positive, FALSE for 1, both in any case, or a number.

    Returns:
        The weight; None for TRUE: the weight depends on the training rows.

    Raises:
        argparse.ArgumentTypeError: The text is something else.
    """
    word = text.strip().upper()
    if word in ("TRUE", "FALSE"):
        return None if word == "TRUE" else 1.0
    try:
        return number(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"expected TRUE, FALSE or a number, found {text!r}") from error
