"""Read the flags of this trainer."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer_common.failures import UserError
from trainer_common.flags.arguments import flag, parse_arguments
from trainer_common.flags.shared import RunFlags

from trainer.model import SgdParams

_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    """Everything that one run depends on, apart from the environment."""

    training_dataset_path: tuple[str, ...] = flag("rows to fit")
    validation_dataset_path: tuple[str, ...] = flag(
        "rows on which trials are compared; a final model is fitted on them too"
    )
    test_dataset_path: tuple[str, ...] = flag("rows to judge the final model on", default=())
    run: RunFlags
    params: SgdParams

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UserError: The seed is not one that scikit-learn takes.
        """
        if not 0 <= self.run.seed <= _LARGEST_SEED:
            raise UserError(f"--seed: expected 0 to {_LARGEST_SEED}, found {self.run.seed}")


def parse(argv: Sequence[str]) -> TaskArgs:
    """Return the arguments on the command line.

    Args:
        argv: The command line without the program name.

    Raises:
        UserError: A flag is unknown, missing or out of range.
    """
    return parse_arguments(TaskArgs, argv, "Train one linear model that predicts the forest cover type.")
