"""Builds the booster from its parameters; does no input or output."""

from dataclasses import asdict, dataclass

import numpy as np
import xgboost as xgb
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError
from xgboost.callback import TrainingCallback

from trainer.bundle import Bundle, load_bundle
from trainer.features import BoolVector, Encoder, FloatMatrix

__all__ = ["BoosterParams", "Bundle", "LabelledRows", "Watch", "fit_booster", "load_bundle", "positive_weight"]

VALIDATION = "validation"
F1_SCORE = "f1-score"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoosterParams:
    """The hyperparameters, by XGBoost's names; each is also a flag."""

    n_estimators: int = 100
    """Boosting rounds."""
    learning_rate: float = 0.25
    """In (0, 1]."""
    max_depth: int = 0
    """0: no limit, `max_leaves` bounds the tree; else trees grow level by level to this depth."""
    max_leaves: int = 255
    """0: no limit."""
    min_child_weight: float = 1.0
    """Least sum of second derivatives in a leaf."""
    subsample: float = 1.0
    """Fraction of the rows that each tree sees, in (0, 1]."""
    colsample_bytree: float = 1.0
    """Fraction of the columns that each tree sees, in (0, 1]."""
    gamma: float = 0.0
    """Least gain of a split."""
    reg_lambda: float = 1.0
    """L2 penalty on leaf values."""
    reg_alpha: float = 0.0
    """L1 penalty on leaf values."""
    max_bin: int = 256
    """Histogram bins per numeric column."""
    scale_pos_weight: float | None = 1.0
    """Weight of a positive row; None: n_negative / n_positive of the training rows."""

    def __post_init__(self) -> None:
        """Checks the ranges, as XGBoost would only after the data is read.

        Raises:
            UserError: A value is out of its range, or nothing bounds the tree.
        """
        for name in ("learning_rate", "subsample", "colsample_bytree"):
            if not 0 < getattr(self, name) <= 1:
                raise UserError(f"--{name}: expected more than 0 and at most 1, found {getattr(self, name)}")
        for name in ("max_depth", "max_leaves", "min_child_weight", "gamma", "reg_lambda", "reg_alpha"):
            if getattr(self, name) < 0:
                raise UserError(f"--{name}: expected 0 or more, found {getattr(self, name)}")
        if self.n_estimators < 1 or self.max_bin < 2:
            raise UserError(
                f"expected --n_estimators >= 1 and --max_bin >= 2, found {self.n_estimators}, {self.max_bin}"
            )
        if self.scale_pos_weight is not None and self.scale_pos_weight <= 0:
            raise UserError(f"--scale_pos_weight: expected more than 0, TRUE or FALSE, found {self.scale_pos_weight}")
        if self.max_depth == 0 and self.max_leaves == 0:
            raise UserError("--max_depth and --max_leaves are both 0: expected a bound on the size of a tree")

    def to_json(self) -> dict[str, float | None]:
        """Returns name and value of each parameter."""
        return asdict(self)

    def to_xgboost(self, weight: float) -> dict[str, object]:
        """Returns XGBoost's own parameters, given the positive rows' resolved `weight`."""
        params: dict[str, object] = asdict(self) | {"scale_pos_weight": weight}
        del params["n_estimators"]
        # Best leaf first when only their number is bounded: equal quality for less work than growing whole levels.
        grow_policy = "lossguide" if self.max_depth == 0 else "depthwise"
        return params | {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "grow_policy": grow_policy,
            # Its log loss would be computed after each round, and nobody reads it.
            "disable_default_eval_metric": True,
        }


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Encoded rows of one split with their labels."""

    features: FloatMatrix
    """Shape (n_rows, 12)."""
    labels: BoolVector
    """Shape (n_rows,)."""


def positive_weight(params: BoosterParams, labels: BoolVector) -> float:
    """Resolves the weight of a positive row.

    Args:
        params: Holds the weight, or None for n_negative / n_positive.
        labels: Those of the training rows, shape (n_rows,); both classes occur.

    Returns:
        The weight.
    """
    if params.scale_pos_weight is not None:
        return params.scale_pos_weight
    positive = int(labels.sum())
    return (labels.size - positive) / positive


@dataclass(frozen=True, slots=True)
class Watch:
    """Follows F1 on the validation rows while a booster grows."""

    rows: LabelledRows
    threshold: float
    """Rows at a probability above this are predicted positive."""
    callback: TrainingCallback
    """Finds each round's value in `evals_log[VALIDATION][F1_SCORE]`."""

    def measure(self, scores: FloatMatrix, _: xgb.DMatrix) -> tuple[str, float]:
        """Computes the value from the probabilities of this round, shape (n_rows,), in xgboost's custom metric form."""
        return F1_SCORE, f1_score(self.rows.labels, scores > self.threshold)


def fit_booster(
    params: BoosterParams,
    encoder: Encoder,
    train: LabelledRows,
    watch: Watch | None,
    *,
    seed: int,
    nthread: int,
) -> xgb.Booster:
    """Fits a booster.

    Args:
        params: The hyperparameters.
        encoder: Tells the features' types.
        train: The rows to fit.
        watch: What to follow after each round; None spares the work.
        seed: Equal seeds and rows give equal models.
        nthread: Threads to use.

    Returns:
        The booster.
    """
    quantised = _quantise(train, encoder, params.max_bin, nthread)
    watched = _quantise(watch.rows, encoder, params.max_bin, nthread, reference=quantised) if watch else None
    return xgb.train(
        params.to_xgboost(positive_weight(params, train.labels)) | {"seed": seed, "nthread": nthread},
        quantised,
        params.n_estimators,
        evals=[(watched, VALIDATION)] if watched else [],
        custom_metric=watch.measure if watch else None,
        callbacks=[watch.callback] if watch else [],
        verbose_eval=False,
    )


def _quantise(
    rows: LabelledRows, encoder: Encoder, max_bin: int, nthread: int, reference: xgb.QuantileDMatrix | None = None
) -> xgb.QuantileDMatrix:
    """Bins rows; those of other splits by the bins of the training rows."""
    return xgb.QuantileDMatrix(
        rows.features,
        label=rows.labels,
        feature_names=list(FEATURES),
        feature_types=encoder.feature_types,
        max_bin=max_bin,
        nthread=nthread,
        ref=reference,
        enable_categorical=True,
    )


def f1_score(labels: BoolVector, predicted: BoolVector) -> float:
    """Computes F1 of the positive class; scikit-learn's takes longer than a boosting round of a small tree.

    Args:
        labels: Shape (n_rows,).
        predicted: Shape (n_rows,).

    Returns:
        F1 in [0, 1]; 0 when no row is positive or predicted so.
    """
    hits = int(np.count_nonzero(labels & predicted))
    marked = int(np.count_nonzero(labels)) + int(np.count_nonzero(predicted))
    return 2 * hits / marked if marked else 0.0
