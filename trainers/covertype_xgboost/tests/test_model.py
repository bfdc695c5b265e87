"""Fitting."""

import numpy as np
import pytest
from models import make_model
from rows import make_rows
from trainer.features import Encoder, LabelledRows
from trainer.model import BoosterParams, fit_booster, positive_weight
from trainer.watch import Watch
from trainer_common.evaluation.binary import f1_score
from trainer_common.reading.labels import read_binary_labels


def test_the_same_rows_and_seed_give_the_same_bytes() -> None:
    assert make_model(make_rows()).to_bytes() == make_model(make_rows()).to_bytes()
    assert make_model(make_rows(), seed=2).to_bytes() != make_model(make_rows()).to_bytes()


def test_each_round_reports_f1_on_the_watched_rows() -> None:
    rows, watched = make_rows(), make_rows(seed=1)
    encoder = Encoder.fit(rows)
    splits = [LabelledRows(encoder.transform(t), read_binary_labels(t, "Cover_Type", "3")) for t in (rows, watched)]
    reported: list[tuple[int, float]] = []
    watch = Watch(splits[1], 0.4, lambda step, value: reported.append((step, value)))
    booster = fit_booster(BoosterParams(n_estimators=3), encoder, splits[0], watch, seed=1, nthread=1)
    assert [step for step, _ in reported] == [1, 2, 3]
    predicted = booster.inplace_predict(splits[1].features, validate_features=False) > 0.4
    assert reported[-1][1] == pytest.approx(
        f1_score(splits[1].labels, predicted), abs=1e-6
    )  # XGBoost prints six digits


def test_weighting_is_negatives_per_positive() -> None:
    labels = np.array([True, False, False, False])
    assert positive_weight(BoosterParams(scale_pos_weight=None), labels) == 3.0
    assert positive_weight(BoosterParams(scale_pos_weight=2.5), labels) == 2.5
