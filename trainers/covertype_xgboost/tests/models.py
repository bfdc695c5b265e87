"""A small fitted model."""

import pyarrow as pa
from trainer.bundle import ModelArtifact
from trainer.features import Encoder, LabelledRows
from trainer.model import BoosterParams, fit_booster
from trainer_common.reading.labels import read_binary_labels


def make_model(rows: pa.Table, seed: int = 1) -> ModelArtifact:
    """Fit a model of five rounds that tells Cover_Type 3 from the rest."""
    encoder, labels = Encoder.fit(rows), read_binary_labels(rows, "Cover_Type", "3")
    params = BoosterParams(n_estimators=5, subsample=0.8)
    train = LabelledRows(encoder.transform(rows), labels)
    booster = fit_booster(params, encoder, train, None, seed=seed, nthread=1)
    return ModelArtifact(booster=booster, encoder=encoder, target="Cover_Type", positive_class="3", threshold=0.4)
