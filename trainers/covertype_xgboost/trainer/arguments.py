"""The flags of this trainer, as one frozen dataclass."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from trainer_common.environment import Environment
from trainer_common.failures import UserError
from trainer_common.task_args import CommonArgs, OneLineParser, add_common_flags, common_args, integer, number

from trainer.model import BoosterParams


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    """Everything that one run of this trainer depends on."""

    common: CommonArgs
    params: BoosterParams
    positive_class: str | None
    """The value of the target that counts as positive; None when the target is 0 and 1 already."""
    threshold: float
    """Rows at a probability above this are predicted positive, in (0, 1)."""
    predictions: int
    """How many test rows `predictions.json` shows; 0 for no such file."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            UserError: A value is out of its range.
        """
        if not 0 < self.threshold < 1:
            raise UserError(f"--threshold: expected a number between 0 and 1, found {self.threshold}")
        if self.predictions < 0:
            raise UserError(f"--predictions: expected 0 or more, found {self.predictions}")


def parse(argv: Sequence[str], environment: Environment) -> TaskArgs:
    """Reads the command line.

    Args:
        argv: The arguments without the program name.
        environment: What the training service set.

    Returns:
        The checked arguments.

    Raises:
        UserError: A flag is unknown, missing or out of range.
    """
    parser = OneLineParser("Train one binary XGBoost model: one forest cover type against all others.")
    add_common_flags(parser)
    parser.add_argument("--positive_class", help="value of the target that is positive; default: the target is 0 and 1")
    parser.add_argument("--threshold", type=number, default=0.5, help="probability above which a row is positive")
    parser.add_argument("--predictions", type=integer, default=20, help="test rows to show in predictions.json")
    for field in fields(BoosterParams):
        parser.add_argument(
            f"--{field.name}", type=_READERS[field.type], default=field.default, help=f"default: {field.default}"
        )
    parsed = parser.parse_args(argv)
    return TaskArgs(
        common=common_args(parsed, environment),
        params=BoosterParams(**{field.name: getattr(parsed, field.name) for field in fields(BoosterParams)}),
        positive_class=parsed.positive_class,
        threshold=parsed.threshold,
        predictions=parsed.predictions,
    )


def positive_weight_flag(text: str) -> float | None:
    """Reads `--scale_pos_weight`.

    Args:
        text: TRUE for n_negative / n_positive, FALSE for 1, both in any case, or a number.

    Returns:
        The weight; None for TRUE.

    Raises:
        argparse.ArgumentTypeError: It is none of these.
    """
    word = text.strip().upper()
    if word in ("TRUE", "FALSE"):
        return None if word == "TRUE" else 1.0
    try:
        return number(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"expected TRUE, FALSE or a number, found {text!r}") from error


_READERS: dict[object, Callable[[str], float | None]] = {
    int: integer,
    float: number,
    float | None: positive_weight_flag,  # only scale_pos_weight may stay open until the rows are read
}
