"""The model artefact: model and preprocessing in one native XGBoost file, without pickle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xgboost as xgb
from trainer_common.evaluation.binary import binary_metrics
from trainer_common.failures import UserError
from trainer_common.predictions.differences import probability_difference
from trainer_common.predictions.instances import Column, Instance, instance_columns
from trainer_common.reading.columns import require_columns
from trainer_common.report.metric import Metric
from trainer_common.storage.filesystem import read_bytes

from trainer.features import COLUMNS, FEATURES, Encoder, FloatMatrix, TableSplit, read_split

MODEL_FILE = "model.ubj"
_ATTRIBUTE = "timberline"
_FORMAT = 1

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, object]]


class Prediction(TypedDict):
    """The answer about one row, in `predictions.json` and from the prediction server."""

    probability: float
    """The probability of the positive class, in [0, 1]."""
    predicted: int
    """1 when the probability is above the model's threshold, else 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelArtifact:
    """A fitted model that takes raw rows."""

    booster: xgb.Booster
    encoder: Encoder
    target: str
    """The column that the model predicts."""
    positive_class: str | None
    """The value of `target` whose probability the model predicts; None when `target` is 0 and 1."""
    threshold: float = 0.5
    """A row is predicted positive when its probability is above it."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of an instance of a prediction request."""
        return instance_columns(COLUMNS, nullable=True)

    @property
    def question(self) -> str:
        """What the model predicts, such as `Cover_Type = 3`."""
        return f"{self.target} = {'1' if self.positive_class is None else self.positive_class}"

    def read_split(self, name: str, locations: Sequence[str]) -> TableSplit:
        """Return the rows of a split, with the labels of this model's target (see `features.read_split`)."""
        return read_split(name, locations, self.target, self.positive_class)

    def evaluate(self, split: TableSplit) -> list[Metric]:
        """Return the metrics of a split at this model's threshold (see `binary_metrics`)."""
        return self.evaluate_encoded(split, self.encoder.transform(split.rows))

    def evaluate_encoded(self, split: TableSplit, features: FloatMatrix) -> list[Metric]:
        """Return the same metrics, given the encoded rows of the split, shape (n_rows, 12)."""
        return binary_metrics(split.name, split.labels, self._score(features), self.threshold)

    def predict(self, instances: Rows | Sequence[Instance]) -> list[Prediction]:
        """Return the answer about each row (see `predict_proba`)."""
        return [
            {"probability": float(score), "predicted": int(score > self.threshold)}
            for score in self.predict_proba(instances)
        ]

    def difference(self, answer: Prediction, recorded: Mapping[str, Any]) -> str | None:
        """Return what was expected and found where an answer and a recorded one differ, else None."""
        return probability_difference(answer["probability"], float(recorded["probability"]))

    def predict_proba(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the probability of the positive class.

        Args:
            rows: A table, or one mapping per row, with the columns `FEATURES`; other columns are ignored. Null, and a
                category that the training rows do not have, count as missing.

        Returns:
            Shape (n_rows,), each in [0, 1].

        Raises:
            UserError: A column is missing or of a wrong type.
        """
        table = rows if isinstance(rows, pa.Table) else _to_table(rows)
        require_columns(table.column_names, FEATURES, "the request")
        return self._score(self.encoder.transform(table))

    def _score(self, features: FloatMatrix) -> npt.NDArray[np.float32]:
        """Return the probability of each encoded row, shape (n_rows,)."""
        if not len(features):
            return np.empty(0, dtype=np.float32)
        # In place: for a request of a few rows, building a matrix takes longer than the trees.
        scores: npt.NDArray[np.float32] = self.booster.inplace_predict(features, validate_features=False)
        return scores

    def to_bytes(self) -> bytes:
        """Return the file: a UBJSON model that XGBoost itself loads; its attributes hold the preprocessing."""
        document = {
            "format": _FORMAT,
            "features": list(FEATURES),
            "vocabulary": self.encoder.vocabulary,
            "target": self.target,
            "positive_class": self.positive_class,
            "threshold": self.threshold,
        }
        self.booster.set_attr(**{_ATTRIBUTE: json.dumps(document, sort_keys=True)})
        return bytes(self.booster.save_raw("ubj"))


def load_model(uri: str) -> ModelArtifact:
    """Load a model artefact; the model predicts with one thread.

    Args:
        uri: The file, or the folder that holds it as `model.ubj`: a local path or a `gs://` URI.

    Raises:
        UserError: The file does not exist, or this trainer did not write it.
        StorageError: The file cannot be read.
    """
    uri = uri if uri.endswith(".ubj") else f"{uri.rstrip('/')}/{MODEL_FILE}"
    content = read_bytes(uri)
    # UBJSON is one object. On some truncated files XGBoost crashes or loops forever.
    if not (content.startswith(b"{") and content.endswith(b"}")):
        raise UserError(f"{uri} is incomplete, or no XGBoost model; expected the {MODEL_FILE} that this trainer saved")
    try:
        # A damaged file may fail in XGBoost, in decoding XGBoost's message, or in its attributes.
        booster = xgb.Booster({"nthread": 1}, model_file=bytearray(content))
        document = json.loads(booster.attr(_ATTRIBUTE) or "{}")
        found = (document.get("format"), document.get("features"), booster.num_features())
    except (xgb.core.XGBoostError, ValueError) as error:
        raise UserError(f"{uri} is no XGBoost model; expected the {MODEL_FILE} that this trainer saved") from error
    if found != (_FORMAT, list(FEATURES), len(FEATURES)):
        raise UserError(f"{uri} is no model of this trainer; expected format {_FORMAT}; train it again")
    return ModelArtifact(
        booster=booster,
        encoder=Encoder({name: tuple(values) for name, values in document["vocabulary"].items()}),
        target=document["target"],
        positive_class=document["positive_class"],
        threshold=document["threshold"],
    )


def _to_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Make a table of request rows; a key that a row does not have is null there."""
    try:
        names = dict.fromkeys(name for row in rows for name in row)
        return pa.table({name: [row.get(name) for row in rows] for name in names})
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UserError(f"the request mixes types in one column: {error}") from error
