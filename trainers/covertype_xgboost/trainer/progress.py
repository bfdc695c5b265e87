"""Tells the tuning service how a trial is doing after each boosting round."""

import xgboost as xgb
from trainer_common.report import TuningReport
from xgboost.callback import TrainingCallback

from trainer.model import F1_SCORE, VALIDATION


class ReportRounds(TrainingCallback):
    """Reports F1 on the validation rows, so that the service can stop a bad trial early."""

    def __init__(self, report: TuningReport) -> None:
        """Args: report: where the values go."""
        super().__init__()
        self._report = report

    def after_iteration(
        self,
        model: xgb.Booster,  # noqa: ARG002  (xgboost's signature)
        epoch: int,
        evals_log: TrainingCallback.EvalsLog,
    ) -> bool:
        """Reports the round that has just ended; never asks for a stop, which is the service's decision."""
        value = evals_log[VALIDATION][F1_SCORE][-1]
        self._report.report_step(epoch + 1, float(value[0] if isinstance(value, tuple) else value))
        return False
