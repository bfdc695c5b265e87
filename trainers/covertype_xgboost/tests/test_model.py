"""Rules of fitting and of the bundle."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xgboost as xgb
from covertype_rows import make_rows
from sklearn import metrics
from trainer.features import Encoder, read_labels
from trainer.model import BoosterParams, Bundle, LabelledRows, f1_score, fit_booster, load_bundle, positive_weight
from trainer_common.covertype import FEATURES
from trainer_common.failures import UserError


def make_bundle(rows: pa.Table, seed: int = 1) -> Bundle:
    encoder, labels = Encoder.fit(rows), read_labels(rows, "Cover_Type", "3")
    params = BoosterParams(n_estimators=5, subsample=0.8)
    train = LabelledRows(encoder.transform(rows), labels)
    booster = fit_booster(params, encoder, train, None, seed=seed, nthread=1)
    return Bundle(booster=booster, encoder=encoder, target="Cover_Type", positive_class="3", threshold=0.4)


def test_the_same_rows_and_seed_give_the_same_bytes() -> None:
    assert make_bundle(make_rows()).to_bytes() == make_bundle(make_rows()).to_bytes()
    assert make_bundle(make_rows(), seed=2).to_bytes() != make_bundle(make_rows()).to_bytes()


def test_a_loaded_bundle_answers_as_the_saved_one(tmp_path: Path) -> None:
    bundle, rows = make_bundle(make_rows()), make_rows(seed=9)
    (tmp_path / "model.ubj").write_bytes(bundle.to_bytes())
    for uri in (tmp_path, tmp_path / "model.ubj"):
        loaded = load_bundle(str(uri))
        np.testing.assert_array_equal(loaded.predict_proba(rows), bundle.predict_proba(rows))
        assert (loaded.encoder, loaded.target, loaded.positive_class, loaded.threshold) == (
            bundle.encoder,
            "Cover_Type",
            "3",
            0.4,
        )


def test_plain_xgboost_reads_the_bundle() -> None:
    booster = xgb.Booster(model_file=bytearray(make_bundle(make_rows()).to_bytes()))
    assert booster.num_boosted_rounds() == 5
    assert booster.feature_names == list(FEATURES)


def test_mappings_and_tables_give_the_same_answers() -> None:
    bundle, rows = make_bundle(make_rows()), make_rows(20, seed=9)
    np.testing.assert_array_equal(bundle.predict_proba(rows.to_pylist()), bundle.predict_proba(rows))


def test_a_request_may_hold_nulls_and_unseen_categories_and_leave_keys_out_of_some_rows() -> None:
    row = make_rows(1).to_pylist()[0]
    short = {name: value for name, value in row.items() if name != "Slope"}
    scores = make_bundle(make_rows()).predict_proba([row, short, row | {"Soil_Type": "C999", "Elevation": None}])
    assert scores.shape == (3,)
    assert ((scores > 0) & (scores < 1)).all()


def test_a_request_without_rows_is_answered_with_none() -> None:
    assert make_bundle(make_rows()).predict_proba(make_rows(1).slice(0, 0)).shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Slope": "steep"}, "column 'Slope': expected numbers"),
        ({"Slope": [1]}, "column 'Slope': expected numbers"),
        ({"Soil_Type": {"code": 1}}, "column 'Soil_Type': expected text"),
    ],
)
def test_a_request_of_a_wrong_type_is_a_user_error(change: dict[str, object], message: str) -> None:
    row = make_rows(1).to_pylist()[0]
    with pytest.raises(UserError, match=message):
        make_bundle(make_rows()).predict_proba([row | change])


def test_a_request_that_lacks_a_column_or_mixes_types_is_a_user_error() -> None:
    bundle, row = make_bundle(make_rows()), make_rows(1).to_pylist()[0]
    with pytest.raises(UserError, match=r"the request lacks column 'Slope'"):
        bundle.predict_proba([{name: value for name, value in row.items() if name != "Slope"}])
    with pytest.raises(UserError, match="mixes types"):
        bundle.predict_proba([row, row | {"Slope": "steep"}])


def test_what_is_no_bundle_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file at"):
        load_bundle(str(tmp_path))
    (tmp_path / "model.ubj").write_bytes(b"no model")
    with pytest.raises(UserError, match="no XGBoost model"):
        load_bundle(str(tmp_path))
    plain = xgb.train({}, xgb.DMatrix(np.zeros((2, 12)), label=np.array([0, 1])), 1)
    (tmp_path / "model.ubj").write_bytes(bytes(plain.save_raw("ubj")))
    with pytest.raises(UserError, match="no bundle that this version reads"):
        load_bundle(str(tmp_path))


@pytest.mark.parametrize("tenths", range(10))
def test_a_bundle_that_was_cut_off_is_a_user_error(tmp_path: Path, tenths: int) -> None:
    content = make_bundle(make_rows()).to_bytes()
    (tmp_path / "model.ubj").write_bytes(content[: len(content) * tenths // 10])
    with pytest.raises(UserError, match="is incomplete"):
        load_bundle(str(tmp_path))


def test_a_bundle_with_damaged_names_is_a_user_error(tmp_path: Path) -> None:
    content = make_bundle(make_rows()).to_bytes().replace(b"Elevation", b"Eleva\xe7ion")
    (tmp_path / "model.ubj").write_bytes(content)
    with pytest.raises(UserError, match="is no XGBoost model"):
        load_bundle(str(tmp_path))


def test_weighting_is_negatives_per_positive() -> None:
    labels = np.array([True, False, False, False])
    assert positive_weight(BoosterParams(scale_pos_weight=None), labels) == 3.0
    assert positive_weight(BoosterParams(scale_pos_weight=2.5), labels) == 2.5


@pytest.mark.parametrize(("labels", "predicted"), [([1, 1, 0, 0], [1, 0, 1, 0]), ([0, 0], [0, 0]), ([1, 0], [0, 1])])
def test_the_f1_of_each_round_is_that_of_scikit_learn(labels: list[int], predicted: list[int]) -> None:
    expected = metrics.f1_score(labels, predicted, zero_division=0)
    assert f1_score(np.array(labels, bool), np.array(predicted, bool)) == pytest.approx(expected)
