"""Jobs as Vertex AI answers them: built as its own messages, then read as JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tests.plugins.timberline.ai_platform.messages import as_json, read

_PARENT = "projects/p/locations/us-central1"
_TIMES = {
    "createTime": "2024-05-01T10:00:00Z",
    "startTime": "2024-05-01T10:01:00Z",
    "endTime": "2024-05-01T10:09:00.250Z",
}
PARAMETERS = [
    {"parameterId": "max_iter", "discreteValueSpec": {"values": [200, 500]}},
    {"parameterId": "alpha", "doubleValueSpec": {"minValue": 1e-5, "maxValue": 1e-3}},
    {"parameterId": "depth", "integerValueSpec": {"minValue": 1, "maxValue": 20}},
    {"parameterId": "loss", "categoricalValueSpec": {"values": ["hinge", "TRUE"]}},
]
VALUES: Mapping[str, float | str] = {"max_iter": 500.0, "alpha": 0.0001, "depth": 7.0, "loss": "TRUE"}


def trial(
    number: int,
    value: float | None = None,
    *,
    state: str = "SUCCEEDED",
    values: Mapping[str, Any] = VALUES,
    **more: Any,
) -> dict[str, Any]:
    """Return a trial; None for one that reported nothing."""
    found: dict[str, Any] = {
        "id": str(number),
        "state": state,
        "parameters": [{"parameterId": key, "value": each} for key, each in values.items()],
        **more,
    }
    if value is not None:
        shown = value if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity"}[str(value)]
        found["finalMeasurement"] = {"stepCount": "12", "metrics": [{"metricId": "accuracy", "value": shown}]}
    return found


def tuning_job(trials: Sequence[Mapping[str, Any]] = (), *, goal: str = "MAXIMIZE", **more: Any) -> dict[str, Any]:
    """Return a HyperparameterTuningJob."""
    body = {
        "name": f"{_PARENT}/hyperparameterTuningJobs/12",
        "displayName": "JOB_1",
        "state": "JOB_STATE_SUCCEEDED",
        **_TIMES,
        "studySpec": {"metrics": [{"metricId": "accuracy", "goal": goal}], "parameters": PARAMETERS},
        "trials": list(trials),
        **more,
    }
    return as_json(read("HyperparameterTuningJob", body))


def custom_job(**more: Any) -> dict[str, Any]:
    """Return a CustomJob."""
    body = {
        "name": f"{_PARENT}/customJobs/13",
        "displayName": "JOB_2",
        "state": "JOB_STATE_SUCCEEDED",
        **_TIMES,
        **more,
    }
    return as_json(read("CustomJob", body))


def batch_job(**more: Any) -> dict[str, Any]:
    """Return a BatchPredictionJob."""
    body = {
        "name": f"{_PARENT}/batchPredictionJobs/14",
        "displayName": "JOB_3",
        "state": "JOB_STATE_SUCCEEDED",
        **_TIMES,
        "outputConfig": {"predictionsFormat": "jsonl", "gcsDestination": {"outputUriPrefix": "gs://b/out"}},
        **more,
    }
    return as_json(read("BatchPredictionJob", body))
