"""The flags that every trainer has, and the types that hyperparameter flags need."""

import argparse
import math
from dataclasses import dataclass
from typing import NoReturn

from trainer_common.environment import Environment, artifact_uri
from trainer_common.failures import UserError


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonArgs:
    """What every trainer is told: where the data is, what to predict, and where the artefacts go."""

    train: tuple[str, ...]
    """Locations of the training rows, at least one; several are read one after another."""
    validation: tuple[str, ...]
    """Locations of the rows that trials are compared on; may be empty."""
    test: tuple[str, ...]
    """Locations of the rows that the final model is judged on; may be empty."""
    target: str
    """The column to predict."""
    artifact_uri: str
    """Where artefacts go: local path or `gs://` URI."""
    hptune: bool
    """This is a tuning trial: report metrics and save no model."""
    seed: int
    """Fixes everything random."""
    nthread: int
    """Threads that fitting may use, at least 1."""

    def __post_init__(self) -> None:
        """Checks what no single flag can.

        Raises:
            UserError: A tuning trial has no validation rows, or there is no thread to work on.
        """
        if self.hptune and not self.validation:
            raise UserError("--hptune needs --validation: trials are compared on those rows")
        if self.nthread < 1:
            raise UserError(f"--nthread: expected 1 or more, found {self.nthread}")


class OneLineParser(argparse.ArgumentParser):
    """A parser that raises `UserError` where argparse prints the usage and exits, and takes no abbreviated flags."""

    def __init__(self, description: str) -> None:
        """Args: description: what `--help` says first."""
        super().__init__(description=description, allow_abbrev=False, argument_default=None)

    def error(self, message: str) -> NoReturn:
        """Raises `UserError` with argparse's message."""
        raise UserError(f"{message}; see --help")


def integer(text: str) -> int:
    """Reads a whole number, also one with a point: tuning services send integer parameters as floats ("200.0").

    Raises:
        argparse.ArgumentTypeError: It is no whole number.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"expected a whole number such as 200 or 200.0, found {text!r}")
    return int(value)


def number(text: str) -> float:
    """Reads a finite number.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}")
    return value


def locations(text: str) -> list[str]:
    """Splits a comma-separated list of locations."""
    return [part.strip() for part in text.split(",") if part.strip()]


def add_locations_flag(parser: argparse.ArgumentParser, split: str, meaning: str, *, required: bool) -> None:
    """Adds the flag that says where a split's rows are; read its value with `flatten_locations`."""
    parser.add_argument(
        f"--{split}",
        type=locations,
        nargs="+",
        action="extend",
        required=required,
        help=f"{meaning}: a file, folder or pattern of Parquet or CSV shards; comma separated, may be repeated",
    )


def add_common_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags behind `CommonArgs` to a parser."""
    add_locations_flag(parser, "train", "rows to fit", required=True)
    add_locations_flag(parser, "validation", "rows to compare trials on", required=False)
    add_locations_flag(parser, "test", "rows to judge the final model on", required=False)
    parser.add_argument("--target", required=True, help="the column to predict")
    add_run_flags(parser)
    parser.add_argument("--nthread", type=integer, default=1, help="threads to fit with (default: 1)")


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that say what kind of run it is: `--job-dir`, `--hptune` and `--seed`."""
    parser.add_argument("--job-dir", "--job_dir", help="folder of the artefacts; default: AIP_MODEL_DIR")
    tuning = parser.add_mutually_exclusive_group()
    tuning.add_argument("--hptune", action="store_true", help="a tuning trial: report metrics, save no model")
    tuning.add_argument("--nohptune", action="store_false", dest="hptune", help="save the model (default)")
    parser.add_argument("--seed", type=integer, default=42, help="fixes everything random (default: 42)")


def common_args(parsed: argparse.Namespace, environment: Environment) -> CommonArgs:
    """Makes the typed arguments from what a parser with `add_common_flags` returned.

    Args:
        parsed: The parser's result.
        environment: What the training service set.

    Returns:
        The checked arguments.

    Raises:
        UserError: They do not fit together, or there is no place for the artefacts.
    """
    return CommonArgs(
        train=flatten_locations("train", parsed.train),
        validation=flatten_locations("validation", parsed.validation),
        test=flatten_locations("test", parsed.test),
        target=parsed.target,
        artifact_uri=artifact_uri(parsed.job_dir, environment),
        hptune=parsed.hptune,
        seed=parsed.seed,
        nthread=parsed.nthread,
    )


def flatten_locations(split: str, groups: list[list[str]] | None) -> tuple[str, ...]:
    """Joins the locations of a flag that was given several times.

    Args:
        split: The flag's name, for the message.
        groups: What the parser collected; None when the flag was not given.

    Returns:
        The locations in the order given.

    Raises:
        UserError: The flag was given without any location.
    """
    if groups is None:
        return ()
    found = tuple(location for group in groups for location in group)
    if not found:
        raise UserError(f"--{split}: expected at least one location, found an empty value")
    return found
