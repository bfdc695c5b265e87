"""Read the variables that a training service sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """The variables of a training job; None for a variable that is not set."""

    model_dir: str | None
    """`AIP_MODEL_DIR`: the folder of the artefacts; a tuning service gives each trial its own."""
    checkpoint_dir: str | None
    """`AIP_CHECKPOINT_DIR`: the folder of the checkpoints, which a restarted worker reads."""
    tensorboard_log_dir: str | None
    """`AIP_TENSORBOARD_LOG_DIR`: the folder of the TensorBoard logs."""
    metric_file: str | None
    """`CLOUD_ML_HP_METRIC_FILE`: the file of the tuning records; set in tuning trials only."""
    trial_id: str | None
    """`CLOUD_ML_TRIAL_ID`: the number of the trial, from 1; set in tuning trials only."""
    job: str | None
    """`CLOUD_ML_JOB_ID`, or `CLOUD_ML_JOB`, its name in AI Platform."""


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Return the variables of the training job.

    Args:
        variables: The variables; None for the current ones of this process. An empty value counts as not set.
    """
    found = os.environ if variables is None else variables

    def first(*names: str) -> str | None:
        return next((found[name] for name in names if found.get(name)), None)

    return Environment(
        model_dir=first("AIP_MODEL_DIR"),
        checkpoint_dir=first("AIP_CHECKPOINT_DIR"),
        tensorboard_log_dir=first("AIP_TENSORBOARD_LOG_DIR"),
        metric_file=first("CLOUD_ML_HP_METRIC_FILE"),
        trial_id=first("CLOUD_ML_TRIAL_ID"),
        job=first("CLOUD_ML_JOB_ID", "CLOUD_ML_JOB"),
    )
