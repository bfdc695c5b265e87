"""Fitting, and what a fitted model takes where it is served."""

import io
import pickle
import warnings

import numpy as np
import pytest
from rows import make_rows
from trainer.features import TARGET, Rows, to_rows
from trainer.model import Fit, SgdParams, fit_pipeline
from trainer_common.failures import UserError
from trainer_common.reading.labels import ClassLabels, read_class_labels

INSTANCE = [2841.0, 45.0, 0.0, 644.0, 282.0, 1376.0, 218.0, 237.0, 156.0, 1003.0, "Commanche", "C1"]


def learn(*, alpha: float = 1e-3, max_iter: int = 200, seed: int = 1) -> Fit:
    rows = make_rows()
    return fit_pipeline(SgdParams(alpha=alpha, max_iter=max_iter), to_rows(rows), read_class_labels(rows, TARGET), seed)


def fresh_rows() -> tuple[Rows, ClassLabels]:
    table = make_rows(seed=9)
    return to_rows(table), read_class_labels(table, TARGET)


def test_the_same_rows_and_seed_give_the_same_model() -> None:
    assert pickle.dumps(learn().pipeline) == pickle.dumps(learn().pipeline)
    assert pickle.dumps(learn(seed=2).pipeline) != pickle.dumps(learn().pipeline)


def test_a_class_that_numbers_and_categories_decide_is_learned() -> None:
    rows, labels = fresh_rows()
    predicted = learn().pipeline.predict(rows)
    assert np.mean((predicted == 3) == (labels == 3)) > 0.95


@pytest.mark.parametrize(("dtype", "kind"), [(None, "U"), (object, "O")])
def test_an_array_of_request_lists_is_answered_whatever_numpy_makes_of_it(dtype: type | None, kind: str) -> None:
    rows, _ = fresh_rows()
    array = np.array(rows.tolist(), dtype=dtype)
    assert array.dtype.kind == kind
    pipeline = learn().pipeline
    np.testing.assert_array_equal(pipeline.predict(array), pipeline.predict(rows))


def test_a_single_instance_is_answered_with_a_whole_number() -> None:
    (answer,) = learn().pipeline.predict(np.array([INSTANCE])).tolist()
    assert isinstance(answer, int)


@pytest.mark.parametrize("dtype", [None, object])
def test_an_unseen_soil_code_is_answered_and_encoded_as_zeros(dtype: type | None) -> None:
    pipeline = learn().pipeline
    unseen = np.array([[*INSTANCE[:11], "C9999-with-a-long-name"]], dtype=dtype)
    assert pipeline.predict(unseen).shape == (1,)
    assert pipeline["preprocessor"].transform(unseen)[0, -4:].tolist() == [0, 0, 0, 0]


def test_only_modules_of_the_serving_image_are_needed_to_load_it() -> None:
    modules = set()

    class Recording(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            modules.add(module.split(".")[0])
            return super().find_class(module, name)

    Recording(io.BytesIO(pickle.dumps(learn().pipeline))).load()
    assert modules <= {"sklearn", "numpy", "scipy", "builtins", "copyreg"}


def test_statistics_are_those_of_the_rows_to_fit() -> None:
    rows = to_rows(make_rows())
    scaler = learn().pipeline["preprocessor"].named_transformers_["numeric"]
    np.testing.assert_allclose(scaler.mean_, rows[:, :10].astype(float).mean(axis=0))


def test_too_few_passes_are_reported_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        short, long = learn(max_iter=1), learn()
    assert (short.converged, short.n_iter) == (False, 1)
    assert long.converged
    assert long.n_iter < 200


def test_an_alpha_beyond_the_range_of_numbers_is_a_user_error() -> None:
    with pytest.raises(UserError, match=r"--alpha: expected less, found 1e\+300"):
        learn(alpha=1e300)
