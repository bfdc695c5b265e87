"""Follow F1 on the validation rows while a booster grows."""

from collections.abc import Callable
from dataclasses import dataclass

import xgboost as xgb
from trainer_common.evaluation.binary import F1_SCORE, f1_score
from trainer_common.reading.splits import VALIDATION
from xgboost.callback import TrainingCallback

from trainer.features import FloatMatrix, LabelledRows


@dataclass(frozen=True, slots=True)
class Watch:
    """The rows to follow, and what happens with F1 after each round."""

    rows: LabelledRows
    threshold: float
    """A row is predicted positive when its probability is above it."""
    report: Callable[[int, float], None]
    """Takes the number of a round, from 1, and F1 after it."""

    def measure(self, scores: FloatMatrix, _: xgb.DMatrix) -> tuple[str, float]:
        """Return F1 given the probabilities after a round, shape (n_rows,): a custom metric of XGBoost."""
        return F1_SCORE, f1_score(self.rows.labels, scores > self.threshold)


class ReportRounds(TrainingCallback):
    """Passes F1 after each boosting round to a function; never stops the training, which the service decides."""

    def __init__(self, report: Callable[[int, float], None]) -> None:
        super().__init__()
        self._report = report

    def after_iteration(
        self,
        model: xgb.Booster,  # noqa: ARG002  (xgboost's signature)
        epoch: int,
        evals_log: TrainingCallback.EvalsLog,
    ) -> bool:
        """Report the round that has just ended."""
        value = evals_log[VALIDATION][F1_SCORE][-1]
        self._report(epoch + 1, float(value[0] if isinstance(value, tuple) else value))
        return False
