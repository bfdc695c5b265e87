"""Declare the flags that every trainer has."""

from dataclasses import dataclass

from trainer_common.failures import UserError
from trainer_common.flags.arguments import flag


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFlags:
    """What kind of run it is, and where its artefacts go."""

    job_dir: str | None = flag(
        "folder of the artefacts; default: AIP_MODEL_DIR", default=None, names=("--job-dir", "--job_dir")
    )
    hptune: bool = flag("a tuning trial: report metrics, save no model", default=False)
    seed: int = flag("fixes everything random", default=42)
    predictions: int = flag("test rows to record in predictions.json; 0 for no such file", default=20)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UserError: A value is out of its range.
        """
        if self.predictions < 0:
            raise UserError(f"--predictions: expected 0 or more, found {self.predictions}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitFlags:
    """Where the rows of each split are."""

    train: tuple[str, ...] = flag("rows to fit")
    validation: tuple[str, ...] = flag("rows on which trials are compared", default=())
    test: tuple[str, ...] = flag("rows to judge the final model on", default=())
