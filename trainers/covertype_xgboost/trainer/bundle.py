"""The deployable bundle: model and preprocessing together in one native XGBoost file, without pickle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xgboost as xgb
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError
from trainer_common.filesystem import read_bytes
from trainer_common.tables import require_columns

from trainer.features import Encoder

MODEL_FILE = "model.ubj"
_ATTRIBUTE = "timberline"
_FORMAT = 1

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A fitted model that takes raw rows."""

    booster: xgb.Booster
    encoder: Encoder
    target: str
    """The column that it was trained to predict."""
    positive_class: str | None
    """The value of `target` that the probability is of; None when `target` was 0 and 1."""
    threshold: float = 0.5
    """Rows at a probability above this are predicted positive."""

    def predict_proba(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Computes the probability of the positive class.

        Args:
            rows: A table, or one mapping per row, with the columns `FEATURES`; others are ignored. Null or a category
                that training did not see counts as missing.

        Returns:
            Shape (n_rows,), each in [0, 1].

        Raises:
            UserError: A column is missing or of a wrong type.
        """
        table = rows if isinstance(rows, pa.Table) else _to_table(rows)
        require_columns(table.column_names, FEATURES, "the request")
        return self.score(self.encoder.transform(table))

    def score(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Computes the same for rows that are encoded already, shape (n_rows, 12)."""
        if not len(features):
            return np.empty(0, dtype=np.float32)
        # In place: no matrix is built, which for a request of a few rows would cost more than the trees.
        scores: npt.NDArray[np.float32] = self.booster.inplace_predict(features, validate_features=False)
        return scores

    def to_bytes(self) -> bytes:
        """Returns the bundle as a UBJSON model that plain XGBoost can load; preprocessing is in its attributes."""
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


def load_bundle(uri: str) -> Bundle:
    """Loads a bundle.

    Args:
        uri: The file, or the folder that holds it as `model.ubj`: a local path or a `gs://` URI.

    Returns:
        The bundle; predicts with one thread.

    Raises:
        UserError: The file is not there or is no bundle of this trainer.
        StorageError: It cannot be read.
    """
    uri = uri if uri.endswith(".ubj") else f"{uri.rstrip('/')}/{MODEL_FILE}"
    content = read_bytes(uri)
    # One object of UBJSON. XGBoost crashes on, or never ends with, some files that were cut off.
    if not (content.startswith(b"{") and content.endswith(b"}")):
        raise UserError(f"{uri} is incomplete, or no XGBoost model; expected the {MODEL_FILE} that this trainer saved")
    try:
        # A damaged file may fail in XGBoost, in decoding XGBoost's message about it, or in what it holds.
        booster = xgb.Booster({"nthread": 1}, model_file=bytearray(content))
        document = json.loads(booster.attr(_ATTRIBUTE) or "{}")
        found = (document.get("format"), document.get("features"), booster.num_features())
    except (xgb.core.XGBoostError, ValueError) as error:
        raise UserError(f"{uri} is no XGBoost model; expected the {MODEL_FILE} that this trainer saved") from error
    if found != (_FORMAT, list(FEATURES), len(FEATURES)):
        raise UserError(f"{uri} is no bundle that this version reads; expected format {_FORMAT}; train it again")
    return Bundle(
        booster=booster,
        encoder=Encoder({name: tuple(values) for name, values in document["vocabulary"].items()}),
        target=document["target"],
        positive_class=document["positive_class"],
        threshold=document["threshold"],
    )


def _to_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Makes a table of request rows; a key that some rows lack is null there."""
    try:
        names = dict.fromkeys(name for row in rows for name in row)
        return pa.table({name: [row.get(name) for row in rows] for name in names})
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UserError(f"the request mixes types in one column: {error}") from error
