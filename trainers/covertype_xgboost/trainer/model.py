"""Fit the booster that the parameters describe; no input or output."""

from dataclasses import asdict, dataclass

import xgboost as xgb
from trainer_common.failures import UserError
from trainer_common.reading.labels import BinaryLabels
from trainer_common.reading.splits import VALIDATION

from trainer.features import FEATURES, Encoder, LabelledRows
from trainer.watch import ReportRounds, Watch


@dataclass(frozen=True, kw_only=True, slots=True)
class BoosterParams:
    """The hyperparameters, with XGBoost's names; each is a flag."""

    n_estimators: int = 100
    """Boosting rounds."""
    learning_rate: float = 0.25
    """In (0, 1]."""
    max_depth: int = 0
    """0 for no limit: `max_leaves` bounds the tree, best leaf first; else trees grow level by level to this depth."""
    max_leaves: int = 255
    """0 for no limit."""
    min_child_weight: float = 1.0
    """Smallest sum of second derivatives in a leaf."""
    subsample: float = 1.0
    """Fraction of the rows for each tree, in (0, 1]."""
    colsample_bytree: float = 1.0
    """Fraction of the columns for each tree, in (0, 1]."""
    gamma: float = 0.0
    """Smallest gain of a split."""
    reg_lambda: float = 1.0
    """L2 penalty on leaf values."""
    reg_alpha: float = 0.0
    """L1 penalty on leaf values."""
    max_bin: int = 256
    """Histogram bins per numeric column."""
    scale_pos_weight: float | None = 1.0
    """Weight of a positive row; None for n_negative / n_positive of the training rows."""

    def __post_init__(self) -> None:
        """Check the ranges before the data is read, which XGBoost would do after it.

        Raises:
            UserError: A value is out of its range, or neither depth nor leaves are limited.
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
        """Return the value of each parameter by name."""
        return asdict(self)

    def to_xgboost(self, weight: float) -> dict[str, object]:
        """Return XGBoost's own parameters.

        Args:
            weight: The weight of a positive row (see `positive_weight`).
        """
        params: dict[str, object] = asdict(self) | {"scale_pos_weight": weight}
        del params["n_estimators"]
        # Best leaf first where only the number of leaves is limited: as good as whole levels, with less work.
        grow_policy = "lossguide" if self.max_depth == 0 else "depthwise"
        return params | {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "grow_policy": grow_policy,
            # The default is log loss after each round, which nothing reads.
            "disable_default_eval_metric": True,
        }


def positive_weight(params: BoosterParams, labels: BinaryLabels) -> float:
    """Return the weight of a positive row.

    Args:
        params: Holds the weight, or None for n_negative / n_positive.
        labels: Of the training rows, shape (n_rows,); both classes occur.
    """
    if params.scale_pos_weight is not None:
        return params.scale_pos_weight
    positive = int(labels.sum())
    return (labels.size - positive) / positive


def fit_booster(
    params: BoosterParams,
    encoder: Encoder,
    train: LabelledRows,
    watch: Watch | None,
    *,
    seed: int,
    nthread: int,
) -> xgb.Booster:
    """Fit a booster.

    Args:
        params: The hyperparameters.
        encoder: Has the types of the features.
        train: The rows to fit.
        watch: What to follow after each round; None for nothing.
        seed: Equal seeds and rows give equal models.
        nthread: Number of threads.
    """
    quantised = _quantise(train, encoder, params.max_bin, nthread)
    watched = _quantise(watch.rows, encoder, params.max_bin, nthread, reference=quantised) if watch else None
    return xgb.train(
        params.to_xgboost(positive_weight(params, train.labels)) | {"seed": seed, "nthread": nthread},
        quantised,
        params.n_estimators,
        evals=[(watched, VALIDATION)] if watched else [],
        custom_metric=watch.measure if watch else None,
        callbacks=[ReportRounds(watch.report)] if watch else [],
        verbose_eval=False,
    )


def _quantise(
    rows: LabelledRows, encoder: Encoder, max_bin: int, nthread: int, reference: xgb.QuantileDMatrix | None = None
) -> xgb.QuantileDMatrix:
    """Return binned rows; other splits take the bins of the training rows, their `reference`."""
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
