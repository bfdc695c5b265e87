"""Compute the metrics of a regression model."""

import numpy as np
import numpy.typing as npt

from trainer_common.reading.labels import Targets
from trainer_common.report.metric import Goal, Metric

RMSE = "rmse"
MAE = "mae"
R2 = "r2"
_CONSTANT = "all values to predict are equal: the metric divides by their variance"


def regression_metrics(split: str, targets: Targets, predicted: npt.NDArray[np.floating]) -> list[Metric]:
    """Return the metrics of one split.

    Args:
        split: Its name.
        targets: The true values, shape (n_rows,), n_rows > 0.
        predicted: The predicted values, shape (n_rows,).

    Returns:
        rmse and mae, in the unit of the target and minimised, and r2 (R squared), maximised and undefined where all
        true values are equal. A prediction that is not finite leaves all three undefined.
    """
    errors = predicted.astype(np.float64) - targets
    unusable = int(np.count_nonzero(~np.isfinite(errors)))
    reason = f"{unusable} of {targets.size} predictions are not finite" if unusable else None
    spread = float(np.sum(np.square(targets - targets.mean())))
    values = {
        RMSE: (float(np.sqrt(np.mean(np.square(errors)))), Goal.MINIMIZE, reason),
        MAE: (float(np.mean(np.abs(errors))), Goal.MINIMIZE, reason),
        R2: (
            1 - float(np.sum(np.square(errors))) / spread if spread else 0.0,
            Goal.MAXIMIZE,
            reason or (None if spread else _CONSTANT),
        ),
    }
    return [
        Metric(
            name=name,
            value=None if problem else value,
            goal=goal,
            split=split,
            rows=int(targets.size),
            reason=problem,
        )
        for name, (value, goal, problem) in values.items()
    ]
