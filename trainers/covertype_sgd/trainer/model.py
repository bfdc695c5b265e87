"""Build and fit the model that the parameters describe; no input or output."""

import warnings
from dataclasses import asdict, dataclass

from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from trainer_common.failures import UserError
from trainer_common.flags.arguments import flag
from trainer_common.reading.labels import ClassLabels

from trainer.features import COLUMNS, FEATURES, Rows

__all__ = ["Fit", "Pipeline", "SgdParams", "build_pipeline", "fit_pipeline"]

_TOLERANCE = 1e-3
"""Fitting ends once the loss has fallen by less than this in each of the last five passes over the rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SgdParams:
    """The hyperparameters, with scikit-learn's names; each is a flag.

    They have no defaults, because tuning chooses them: a final training without them must not pass for the best trial.
    """

    alpha: float = flag("strength of the L2 penalty, above 0, such as 0.001; a larger one makes smaller first steps")
    max_iter: int = flag("largest number of passes over the rows, such as 200")

    def __post_init__(self) -> None:
        """Check the ranges before the data is read, which scikit-learn would do after it.

        Raises:
            UserError: A value is out of its range.
        """
        if self.alpha <= 0:
            raise UserError(f"--alpha: expected more than 0, found {self.alpha}")
        if self.max_iter < 1:
            raise UserError(f"--max_iter: expected 1 or more, found {self.max_iter}")

    def to_json(self) -> dict[str, float]:
        """Return the value of each parameter by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, and how the fitting ended."""

    pipeline: Pipeline
    n_iter: int
    """The number of passes over the rows."""
    converged: bool
    """Whether the loss had stopped falling before the last of `max_iter` passes."""


def build_pipeline(params: SgdParams, seed: int) -> Pipeline:
    """Return the model, not fitted.

    It consists of scikit-learn's own classes and reads columns by position. A container without this package can load
    it and predict for `numpy.array(instances)`, where every value is text or an object.

    Args:
        params: The hyperparameters.
        seed: Fixes the order in which rows are visited.

    Returns:
        A pipeline of `preprocessor` and `classifier`.
    """
    numeric, categorical = list(range(len(COLUMNS.numeric))), list(range(len(COLUMNS.numeric), len(FEATURES)))
    # Dense, although most values are 0: on sparse rows scikit-learn takes steps of the intercept that are a hundred
    # times smaller, which costs accuracy and saves only a fifth of the time.
    # A category that the training rows do not have becomes all zeros.
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    preprocessor = ColumnTransformer([("numeric", StandardScaler(), numeric), ("categorical", one_hot, categorical)])
    classifier = SGDClassifier(
        loss="log_loss", tol=_TOLERANCE, random_state=seed, alpha=params.alpha, max_iter=params.max_iter
    )
    return Pipeline([("preprocessor", preprocessor), ("classifier", classifier)])


def fit_pipeline(params: SgdParams, rows: Rows, labels: ClassLabels, seed: int) -> Fit:
    """Fit a model; its statistics and categories come from the given rows only.

    Args:
        params: The hyperparameters.
        rows: Shape (n_rows, 12).
        labels: The class of each row, shape (n_rows,); at least two classes occur.
        seed: Equal seeds and rows give equal models.

    Raises:
        UserError: `alpha` is so large that the first steps overflow.
    """
    pipeline = build_pipeline(params, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `converged` reports it
        try:
            pipeline.fit(rows, labels)
        except ValueError as error:
            if "overflow" not in str(error):
                raise
            raise UserError(f"--alpha: expected less, found {params.alpha}: {error}") from error
    n_iter = int(pipeline["classifier"].n_iter_)
    return Fit(pipeline, n_iter, converged=n_iter < params.max_iter)
