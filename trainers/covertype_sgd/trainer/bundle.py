"""The deployable bundle: the fitted pipeline in the two forms that prediction containers for scikit-learn read.

Both are pickles, and to load a pickle is to run the code in it: name only folders that this pipeline wrote.
"""

import io
import pickle
import warnings
from typing import Any

import joblib
import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted
from trainer_common.artifacts import ArtifactFolder
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError
from trainer_common.filesystem import read_bytes

from trainer.model import Pipeline

MODEL_FILE = "model.joblib"
PICKLE_FILE = "model.pkl"


def to_joblib(pipeline: Pipeline) -> bytes:
    """Returns the content of `model.joblib`."""
    content = io.BytesIO()
    joblib.dump(pipeline, content)
    return content.getvalue()


def to_pickle(pipeline: Pipeline) -> bytes:
    """Returns the content of `model.pkl`."""
    return pickle.dumps(pipeline)


def load_pipeline(uri: str) -> Pipeline:
    """Loads a bundle. That runs code of its file: give only a folder that this pipeline wrote.

    Args:
        uri: The file `model.joblib`, or the folder that holds it: a local path or a `gs://` URI.

    Returns:
        The fitted pipeline.

    Raises:
        UserError: The file is not there, is no bundle of this trainer, or is of another version of scikit-learn.
        StorageError: It cannot be read.
    """
    uri = uri if uri.endswith(".joblib") else ArtifactFolder(uri).uri_of(MODEL_FILE)
    found = _unpickle(uri, read_bytes(uri))
    if problem := _problem(found):
        raise UserError(f"{uri}: {problem}; expected the {MODEL_FILE} that this trainer saved")
    return found


def _unpickle(uri: str, content: bytes) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            found: object = joblib.load(io.BytesIO(content))
            return found
    except InconsistentVersionWarning as warning:
        raise UserError(
            f"{uri}: fitted by scikit-learn {warning.original_sklearn_version}, but this is {sklearn.__version__}, "
            "whose answers may differ: train it again"
        ) from warning
    except Exception as error:  # whatever a damaged pickle, or the module that it names, raises
        raise UserError(
            f"{uri} is incomplete, or no joblib file; expected the {MODEL_FILE} that this trainer saved "
            f"({type(error).__name__}: {error})"
        ) from error


def _problem(found: Any) -> str | None:
    """Says why a loaded object is no bundle; None when it is one."""
    if not isinstance(found, Pipeline):
        return f"it holds a {type(found).__name__}, not a Pipeline"
    try:
        check_is_fitted(found)
        inputs = found.n_features_in_
    except (NotFittedError, AttributeError):
        return "its pipeline is not fitted"
    if inputs != len(FEATURES):
        return f"its pipeline takes {inputs} columns, not {len(FEATURES)}"
    if not hasattr(found, "predict_proba"):
        return "its pipeline gives no probabilities"
    return None
