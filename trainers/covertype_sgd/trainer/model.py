"""Builds and fits the model from its parameters; does no input or output."""

import warnings
from dataclasses import asdict, dataclass

from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from trainer_common.covertype import FEATURES, NUMERIC
from trainer_common.failures import UserError

from trainer.features import Labels, Rows

__all__ = ["Fit", "Pipeline", "SgdParams", "build_pipeline", "fit_pipeline"]

_TOLERANCE = 1e-3
"""Fitting ends when the loss has gained less than this in each of the last passes over the rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SgdParams:
    """The hyperparameters, by scikit-learn's names; each is also a flag."""

    alpha: float
    """Strength of the L2 penalty; the larger, the smaller the first steps."""
    max_iter: int
    """Passes over the rows at most."""

    def __post_init__(self) -> None:
        """Checks the ranges, as scikit-learn would only after the data is read.

        Raises:
            UserError: A value is out of its range.
        """
        if self.alpha <= 0:
            raise UserError(f"--alpha: expected more than 0, found {self.alpha}")
        if self.max_iter < 1:
            raise UserError(f"--max_iter: expected 1 or more, found {self.max_iter}")

    def to_json(self) -> dict[str, float]:
        """Returns name and value of each parameter."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, and how fitting went."""

    pipeline: Pipeline
    n_iter: int
    """Passes over the rows that were made."""
    converged: bool
    """The loss had stopped falling before `max_iter` passes were over."""


def build_pipeline(params: SgdParams, seed: int) -> Pipeline:
    """Builds the model, not fitted yet.

    It is made of scikit-learn's own classes, and reads columns by their places: so a container that knows nothing of
    this package can load it and predict for `numpy.array(instances)`, where every value is text or an object.

    Args:
        params: The hyperparameters.
        seed: Fixes the order in which rows are visited.

    Returns:
        A pipeline of `preprocessor` and `classifier`.
    """
    numeric, categorical = list(range(len(NUMERIC))), list(range(len(NUMERIC), len(FEATURES)))
    # Dense, though most of it is zeros: on sparse rows scikit-learn moves the intercept a hundred times more slowly,
    # which costs accuracy and saves a fifth of the time.
    # A category that training did not see is none of the known ones: all zeros.
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    preprocessor = ColumnTransformer([("numeric", StandardScaler(), numeric), ("categorical", one_hot, categorical)])
    classifier = SGDClassifier(
        loss="log_loss", tol=_TOLERANCE, random_state=seed, alpha=params.alpha, max_iter=params.max_iter
    )
    return Pipeline([("preprocessor", preprocessor), ("classifier", classifier)])


def fit_pipeline(params: SgdParams, rows: Rows, labels: Labels, seed: int) -> Fit:
    """Fits a model; statistics and categories are those of the given rows alone.

    Args:
        params: The hyperparameters.
        rows: Shape (n_rows, 12).
        labels: The class of each, shape (n_rows,); at least two classes occur.
        seed: Equal seeds and rows give equal models.

    Returns:
        The model.

    Raises:
        UserError: `alpha` is so large that the first steps leave the range of numbers.
    """
    pipeline = build_pipeline(params, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `converged` says it
        try:
            pipeline.fit(rows, labels)
        except ValueError as error:
            if "overflow" not in str(error):
                raise
            raise UserError(f"--alpha: expected less, found {params.alpha}: {error}") from error
    n_iter = int(pipeline["classifier"].n_iter_)
    return Fit(pipeline, n_iter, converged=n_iter < params.max_iter)
