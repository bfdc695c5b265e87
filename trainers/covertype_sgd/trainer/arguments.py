"""The flags of this trainer, as one frozen dataclass."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.environment import Environment
from trainer_common.failures import UserError
from trainer_common.task_args import (
    OneLineParser,
    add_locations_flag,
    add_run_flags,
    flatten_locations,
    integer,
    number,
)

from trainer.model import SgdParams
from trainer.places import Places, find_places

TRAINING, VALIDATION, TEST = "training_dataset_path", "validation_dataset_path", "test_dataset_path"
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    """Everything that one run of this trainer depends on."""

    training: tuple[str, ...]
    """Locations of the training rows, at least one."""
    validation: tuple[str, ...]
    """Locations of the rows that trials are compared on, and that the final model is fitted on too; at least one."""
    test: tuple[str, ...]
    """Locations of the rows that the final model is judged on; may be empty."""
    params: SgdParams
    places: Places
    hptune: bool
    """This is a tuning trial: report the accuracy and save no model."""
    seed: int
    """Fixes the order in which rows are visited."""
    predictions: int
    """How many test rows `predictions.json` shows; 0 for no such file."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            UserError: A value is out of its range.
        """
        if not 0 <= self.seed <= _LARGEST_SEED:
            raise UserError(f"--seed: expected 0 to {_LARGEST_SEED}, found {self.seed}")
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
        UserError: A flag is unknown, missing or out of range, or there is no place for the artefacts.
    """
    parsed = _parser().parse_args(argv)
    return TaskArgs(
        training=flatten_locations(TRAINING, parsed.training_dataset_path),
        validation=flatten_locations(VALIDATION, parsed.validation_dataset_path),
        test=flatten_locations(TEST, parsed.test_dataset_path),
        params=SgdParams(alpha=parsed.alpha, max_iter=parsed.max_iter),
        places=find_places(parsed.job_dir, environment, hptune=parsed.hptune),
        hptune=parsed.hptune,
        seed=parsed.seed,
        predictions=parsed.predictions,
    )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser("Train one linear model that tells all forest cover types apart.")
    add_locations_flag(parser, TRAINING, "rows to fit", required=True)
    add_locations_flag(parser, VALIDATION, "rows to compare trials on; a final model is fitted on them", required=True)
    add_locations_flag(parser, TEST, "rows to judge the final model on", required=False)
    add_run_flags(parser)
    # No defaults: they are what is tuned, and a retraining that forgot them should not pass for the best trial.
    parser.add_argument("--alpha", type=number, required=True, help="strength of the L2 penalty, such as 0.001")
    parser.add_argument("--max_iter", type=integer, required=True, help="passes over the rows at most, such as 200")
    parser.add_argument("--predictions", type=integer, default=20, help="test rows to show in predictions.json")
    return parser
