"""A model that a pipeline trains, compares and serves in milliseconds: one number, which is the answer to any row."""

import json

from trainer.objects import read

MODEL_FILE = "model.json"
INSTANCES = [{"row": 0}, {"row": 1}]


def load(folder):
    """Return the model of a folder; a broken one is a ValueError, a missing one an OSError."""
    return float(json.loads(read(f"{folder.rstrip('/')}/{MODEL_FILE}"))["probability"])


def predict(probability, instances):
    return [{"probability": probability, "predicted": int(probability > 0.5)} for _ in instances]


def metrics(probability):
    """Return what the model reaches on any rows."""
    return {"f1-score": probability, "accuracy": probability}
