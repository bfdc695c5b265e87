"""The model artefact: the fitted pipeline in the two forms that prediction containers for scikit-learn read.

Both are pickles, and loading a pickle runs the code in it: name only folders that this pipeline wrote.
"""

import io
import pickle
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted
from trainer_common.artifacts.folder import ArtifactFolder
from trainer_common.evaluation.multiclass import multiclass_metrics
from trainer_common.failures import UserError
from trainer_common.predictions.differences import class_difference
from trainer_common.predictions.instances import Column, Instance, instance_columns
from trainer_common.report.metric import Metric
from trainer_common.storage.filesystem import read_bytes

from trainer.features import COLUMNS, FEATURES, TARGET, ArraySplit, Rows, instances_to_rows, read_split
from trainer.model import Pipeline

MODEL_FILE = "model.joblib"
PICKLE_FILE = "model.pkl"


@dataclass(frozen=True, slots=True)
class ModelArtifact:
    """A fitted pipeline."""

    pipeline: Pipeline

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of an instance of a prediction request: a missing value is refused, an unseen category is not."""
        return instance_columns(COLUMNS, nullable=False)

    @property
    def question(self) -> str:
        """What the model predicts."""
        return TARGET

    def read_split(self, name: str, locations: Sequence[str]) -> ArraySplit:
        """Return the rows of a split (see `features.read_split`)."""
        return read_split(name, locations)

    def evaluate(self, split: ArraySplit) -> list[Metric]:
        """Return the metrics of a split (see `multiclass_metrics`)."""
        features = self.pipeline["preprocessor"].transform(split.rows)
        classifier = self.pipeline["classifier"]
        return multiclass_metrics(
            split.name,
            split.labels,
            classifier.predict(features),
            classes=classifier.classes_,
            probabilities=classifier.predict_proba(features),
        )

    def predict(self, instances: Sequence[Instance]) -> list[int]:
        """Return the class of each instance."""
        return self.predict_rows(instances_to_rows(instances))

    def predict_rows(self, rows: Rows) -> list[int]:
        """Return the class of each row."""
        classes: list[int] = self.pipeline.predict(rows).tolist()
        return classes

    def difference(self, answer: int, recorded: Mapping[str, Any]) -> str | None:
        """Return what was expected and found where an answer and a recorded one differ, else None."""
        return class_difference(answer, int(recorded["predicted"]))


def to_joblib(pipeline: Pipeline) -> bytes:
    """Return the content of `model.joblib`."""
    content = io.BytesIO()
    joblib.dump(pipeline, content)
    return content.getvalue()


def to_pickle(pipeline: Pipeline) -> bytes:
    """Return the content of `model.pkl`."""
    return pickle.dumps(pipeline)


def load_model(uri: str) -> ModelArtifact:
    """Load a model artefact. Loading runs code of the file: name only folders that this pipeline wrote.

    Args:
        uri: The file `model.joblib`, or the folder that holds it: a local path or a `gs://` URI.

    Raises:
        UserError: The file does not exist, this trainer did not write it, or it is of another version of scikit-learn.
        StorageError: The file cannot be read.
    """
    uri = uri if uri.endswith(".joblib") else ArtifactFolder(uri).uri_of(MODEL_FILE)
    found = _unpickle(uri, read_bytes(uri))
    if problem := _problem(found):
        raise UserError(f"{uri}: {problem}; expected the {MODEL_FILE} that this trainer saved")
    return ModelArtifact(found)


def _unpickle(uri: str, content: bytes) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            return joblib.load(io.BytesIO(content))
    except InconsistentVersionWarning as warning:
        raise UserError(
            f"{uri}: fitted by scikit-learn {warning.original_sklearn_version}, but this is {sklearn.__version__}, "
            "whose answers may differ: train it again"
        ) from warning
    except Exception as error:  # a damaged pickle, and the module that it names, raise anything
        raise UserError(
            f"{uri} is incomplete, or no joblib file; expected the {MODEL_FILE} that this trainer saved "
            f"({type(error).__name__}: {error})"
        ) from error


def _problem(found: Any) -> str | None:
    """Return why a loaded object is not a model of this trainer; None when it is one."""
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
