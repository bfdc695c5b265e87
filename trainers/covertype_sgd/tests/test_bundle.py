"""The model artefact: saving and loading."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import sklearn.base
from rows import make_rows
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from trainer.bundle import load_model, to_joblib, to_pickle
from trainer.features import TARGET, to_rows
from trainer.model import SgdParams, build_pipeline, fit_pipeline
from trainer_common.failures import UserError
from trainer_common.reading.labels import read_class_labels

PARAMS = SgdParams(alpha=1e-3, max_iter=20)
ROWS = to_rows(make_rows(seed=9))


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    rows = make_rows()
    return fit_pipeline(PARAMS, to_rows(rows), read_class_labels(rows, TARGET), seed=1).pipeline


def test_both_forms_hold_the_same_model(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(to_joblib(pipeline))
    for uri in (tmp_path, f"{tmp_path}/", tmp_path / "model.joblib"):
        np.testing.assert_array_equal(load_model(str(uri)).pipeline.predict_proba(ROWS), pipeline.predict_proba(ROWS))
    older = pickle.loads(to_pickle(pipeline))
    np.testing.assert_array_equal(older.predict_proba(ROWS), pipeline.predict_proba(ROWS))


def test_a_folder_without_a_model_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file at .*model\.joblib"):
        load_model(str(tmp_path))


@pytest.mark.parametrize("kept", [0, 1, 500, -1])
def test_a_truncated_file_is_a_user_error(pipeline: Pipeline, tmp_path: Path, kept: int) -> None:
    (tmp_path / "model.joblib").write_bytes(to_joblib(pipeline)[:kept])
    with pytest.raises(UserError, match="is incomplete, or no joblib file"):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"a": 1}, "it holds a dict, not a Pipeline"),
        (build_pipeline(PARAMS, 1), "its pipeline is not fitted"),
        (Pipeline([("scaler", StandardScaler().fit(np.zeros((2, 3))))]), "its pipeline takes 3 columns, not 12"),
        (
            Pipeline([("svm", LinearSVC().fit(np.eye(2, 12), [0, 1]))]),
            "its pipeline gives no probabilities",
        ),
    ],
)
def test_another_object_is_a_user_error(found: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(to_joblib(found))
    with pytest.raises(UserError, match=f"{message}; expected the model.joblib"):
        load_model(str(tmp_path))


def test_a_model_of_another_scikit_learn_has_to_be_trained_again(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sklearn.base, "__version__", "1.6.1")
        (tmp_path / "model.joblib").write_bytes(to_joblib(pipeline))
    with pytest.raises(UserError, match=r"fitted by scikit-learn 1\.6\.1, but this is .*: train it again"):
        load_model(str(tmp_path))
