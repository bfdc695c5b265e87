"""Send a metric of a trial to the tuning service."""

import math

import hypertune

from trainer_common.environment import Environment
from trainer_common.failures import StorageError

_KEPT_RECORDS = 100
"""cloudml-hypertune keeps this many records and drops the oldest."""


class TuningReport:
    """Sends the values of one metric, at most 100, so that cloudml-hypertune drops none."""

    def __init__(self, tag: str, step_count: int) -> None:
        """Open the record file that the service named, or the default file of cloudml-hypertune.

        Args:
            tag: The metric's name in the tuning job.
            step_count: The number of steps (boosting rounds, epochs) of this trial.
        """
        self._tag = tag
        self._step_count = step_count
        self._period = max(1, math.ceil(step_count / _KEPT_RECORDS))
        self._records = hypertune.HyperTune()

    def report_step(self, step: int, value: float) -> None:
        """Report an intermediate value; of more than 100 steps some are skipped, and `report_final` reports the last.

        Args:
            step: From 1.
            value: The metric after this step.
        """
        if step < self._step_count and step % self._period == 0:
            self._record(value, step)

    def report_final(self, value: float) -> None:
        """Report the value by which the service compares trials, as that of the last step."""
        self._record(value, self._step_count)

    def _record(self, value: float, step: int) -> None:
        try:
            self._records.report_hyperparameter_tuning_metric(self._tag, value, step)
        except OSError as error:
            raise StorageError(f"cannot write the tuning record of step {step}: {error}") from error


def open_tuning_report(tag: str, step_count: int, *, hptune: bool, environment: Environment) -> TuningReport | None:
    """Return a report where a service reads it: in a tuning trial, or where the service named a record file.

    Args:
        tag: The metric's name in the tuning job.
        step_count: The number of steps of this trial.
        hptune: The value of `--hptune`.
        environment: The variables of the training service.

    Returns:
        The report; None where no service reads it.
    """
    return TuningReport(tag, step_count) if hptune or environment.metric_file else None
