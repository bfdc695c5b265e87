"""The model artefact: saving, loading and predicting."""

from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from models import make_model
from rows import make_rows
from trainer.bundle import load_model
from trainer.features import FEATURES
from trainer_common.failures import UserError


def test_a_loaded_model_answers_as_the_saved_one(tmp_path: Path) -> None:
    model, rows = make_model(make_rows()), make_rows(seed=9)
    (tmp_path / "model.ubj").write_bytes(model.to_bytes())
    for uri in (tmp_path, tmp_path / "model.ubj"):
        loaded = load_model(str(uri))
        np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
        assert (loaded.encoder, loaded.target, loaded.positive_class, loaded.threshold) == (
            model.encoder,
            "Cover_Type",
            "3",
            0.4,
        )


def test_plain_xgboost_reads_the_file() -> None:
    booster = xgb.Booster(model_file=bytearray(make_model(make_rows()).to_bytes()))
    assert booster.num_boosted_rounds() == 5
    assert booster.feature_names == list(FEATURES)


def test_mappings_and_tables_give_the_same_answers() -> None:
    model, rows = make_model(make_rows()), make_rows(20, seed=9)
    np.testing.assert_array_equal(model.predict_proba(rows.to_pylist()), model.predict_proba(rows))


def test_a_request_may_hold_nulls_and_unseen_categories_and_leave_keys_out_of_some_rows() -> None:
    row = make_rows(1).to_pylist()[0]
    short = {name: value for name, value in row.items() if name != "Slope"}
    scores = make_model(make_rows()).predict_proba([row, short, row | {"Soil_Type": "C999", "Elevation": None}])
    assert scores.shape == (3,)
    assert ((scores > 0) & (scores < 1)).all()


def test_no_rows_have_no_probabilities() -> None:
    assert make_model(make_rows()).predict_proba(make_rows(1).slice(0, 0)).shape == (0,)


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
        make_model(make_rows()).predict_proba([row | change])


def test_a_request_that_lacks_a_column_or_mixes_types_is_a_user_error() -> None:
    model, row = make_model(make_rows()), make_rows(1).to_pylist()[0]
    with pytest.raises(UserError, match=r"the request lacks column 'Slope'"):
        model.predict_proba([{name: value for name, value in row.items() if name != "Slope"}])
    with pytest.raises(UserError, match="mixes types"):
        model.predict_proba([row, row | {"Slope": "steep"}])


def test_another_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file at"):
        load_model(str(tmp_path))
    (tmp_path / "model.ubj").write_bytes(b"no model")
    with pytest.raises(UserError, match="no XGBoost model"):
        load_model(str(tmp_path))
    plain = xgb.train({}, xgb.DMatrix(np.zeros((2, 12)), label=np.array([0, 1])), 1)
    (tmp_path / "model.ubj").write_bytes(bytes(plain.save_raw("ubj")))
    with pytest.raises(UserError, match="no model of this trainer"):
        load_model(str(tmp_path))


@pytest.mark.parametrize("tenths", range(10))
def test_a_truncated_file_is_a_user_error(tmp_path: Path, tenths: int) -> None:
    content = make_model(make_rows()).to_bytes()
    (tmp_path / "model.ubj").write_bytes(content[: len(content) * tenths // 10])
    with pytest.raises(UserError, match="is incomplete"):
        load_model(str(tmp_path))


def test_a_file_with_damaged_names_is_a_user_error(tmp_path: Path) -> None:
    content = make_model(make_rows()).to_bytes().replace(b"Elevation", b"Eleva\xe7ion")
    (tmp_path / "model.ubj").write_bytes(content)
    with pytest.raises(UserError, match="is no XGBoost model"):
        load_model(str(tmp_path))
