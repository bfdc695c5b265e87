"""Translates AI Platform batch predictions to Vertex AI batch prediction jobs. Pure.

Fields: https://cloud.google.com/ai-platform/prediction/docs/reference/rest/v1/projects.jobs (as it was).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.job_ids import check_job_id, job_label
from timberline.ai_platform.notes import Note, Notes
from timberline.ai_platform.schema import check_body
from timberline.ai_platform.serving.artifacts import Framework
from timberline.ai_platform.serving.predicting_models import gs_path, predicting_model
from timberline.ai_platform.serving.serving_images import latest_runtime, serving_image
from timberline.ai_platform.serving.serving_resources import DEFAULT_MACHINE
from timberline.run.errors import AiPlatformError

_INPUT_FORMATS = {
    "JSON": "jsonl",
    "TEXT": "jsonl",
    "TF_RECORD": "tf-record",
    "TF_RECORD_GZIP": "tf-record-gzip",
    "CSV": "csv",
}
_OUTPUT_FORMATS = {"JSON": "jsonl", "TEXT": "jsonl", "CSV": "csv"}
_BATCH_SIZE = 64
_MOST_WORKERS = 10
_DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionTranslation:
    """The Vertex AI form of a v1 batch prediction.

    Attributes:
        body: a BatchPredictionJob in Google's JSON form.
        region: the region of the job.
        notes: the notes of the translation.
    """

    body: dict[str, Any]
    region: str
    notes: tuple[Note, ...]


def translate_prediction(
    body: Mapping[str, Any],
    *,
    job_id: str,
    model: str | None,
    machine_type: str = DEFAULT_MACHINE,
    path: str = "predictionInput",
) -> PredictionTranslation:
    """Translate a v1 batch prediction.

    Args:
        body: a v1 PredictionInput.
        job_id: v1's id of the job.
        model: the Vertex AI model of `predicting_model`, `projects/.../models/<id>` with or without a version; None for
            a directory, from which Vertex AI serves without a model.
        machine_type: the machine type of the replicas; AI Platform had one type for all.
        path: the body's path in messages.

    Raises:
        AiPlatformError: the body is wrong, or asks for something without an equivalent on Vertex AI; the message begins
            with the field's path.
    """
    check_body(body, "PredictionInput", path)
    notes = Notes()
    if not body.get("region"):
        raise AiPlatformError(f"{path}.region: expected a region, e.g. 'us-central1', found none; name it")
    _check_signature(body.get("signatureName", _DEFAULT_SIGNATURE), f"{path}.signatureName")
    translated = {
        "displayName": check_job_id(job_id),
        "labels": job_label(job_id),
        **_model(body, model, path, notes),
        "inputConfig": _input(body, path, notes),
        "outputConfig": _output(body, path, notes),
        "dedicatedResources": {"machineSpec": {"machineType": machine_type}, **_replicas(body, path, notes)},
        "manualBatchTuningParameters": {"batchSize": _positive(body, "batchSize", _BATCH_SIZE, path)},
    }
    return PredictionTranslation(body=translated, region=body["region"], notes=tuple(notes))


def _model(body: Mapping[str, Any], model: str | None, path: str, notes: Notes) -> dict[str, Any]:
    uri = predicting_model(body, path=path).uri
    runtime = body.get("runtimeVersion")
    where = f"{path}.runtimeVersion"
    if uri is None:
        if model is None:
            raise AiPlatformError(f"{path}: Vertex AI has no such model; create it first")
        if runtime:
            notes.warn(where, "the model's own image predicts; the value has no effect")
        return {"model": model}
    image = serving_image(
        Framework.TENSORFLOW, runtime or latest_runtime(), path=where, notes=notes, region=body["region"]
    )
    return {"unmanagedContainerModel": {"artifactUri": uri, "containerSpec": {"imageUri": image}}}


def _input(body: Mapping[str, Any], path: str, notes: Notes) -> dict[str, Any]:
    given = body.get("dataFormat", "DATA_FORMAT_UNSPECIFIED")
    if given not in _INPUT_FORMATS:
        raise AiPlatformError(f"{path}.dataFormat: expected one of {', '.join(_INPUT_FORMATS)}, found {given}")
    if given == "TEXT":
        notes.substitute(f"{path}.dataFormat", "TEXT -> jsonl: one JSON value a line, as v1 read it")
    if given == "CSV":
        notes.warn(f"{path}.dataFormat", "the first line of every file is a header for Vertex AI")
    if not body.get("inputPaths"):
        raise AiPlatformError(f"{path}.inputPaths: expected a gs:// path, found none")
    uris = [gs_path(each, f"{path}.inputPaths[{index}]") for index, each in enumerate(body["inputPaths"])]
    return {"instancesFormat": _INPUT_FORMATS[given], "gcsSource": {"uris": uris}}


def _output(body: Mapping[str, Any], path: str, notes: Notes) -> dict[str, Any]:
    given = body.get("outputDataFormat", "DATA_FORMAT_UNSPECIFIED")
    given = "JSON" if given == "DATA_FORMAT_UNSPECIFIED" else given
    if given not in _OUTPUT_FORMATS:
        raise AiPlatformError(
            f"{path}.outputDataFormat: expected one of {', '.join(_OUTPUT_FORMATS)}, found {given}; choose JSON"
        )
    if given == "TEXT":
        notes.substitute(f"{path}.outputDataFormat", "TEXT -> jsonl, as v1 wrote it")
    if given == "CSV":
        notes.warn(f"{path}.outputDataFormat", "v1 kept the columns' names in a file of their own; now they are line 1")
    prefix = gs_path(body.get("outputPath", ""), f"{path}.outputPath")
    notes.substitute(f"{path}.outputPath", f"files in it -> files in a folder of the job's own below {prefix}")
    return {"predictionsFormat": _OUTPUT_FORMATS[given], "gcsDestination": {"outputUriPrefix": prefix}}


def _replicas(body: Mapping[str, Any], path: str, notes: Notes) -> dict[str, int]:
    """Return the replicas. AI Platform scaled up to the maximum; Vertex AI keeps the starting number."""
    most = _positive(body, "maxWorkerCount", _MOST_WORKERS, path)
    start = most if "maxWorkerCount" in body else 1
    notes.substitute(f"{path}.maxWorkerCount", f"up to {most} workers -> {start} from start to end")
    return {"startingReplicaCount": start, "maxReplicaCount": most}


def _check_signature(name: str, path: str) -> None:
    if name != _DEFAULT_SIGNATURE:
        raise AiPlatformError(
            f"{path}: expected {_DEFAULT_SIGNATURE}, which Vertex AI always calls, found {name!r}; save the model with "
            "that signature"
        )


def _positive(body: Mapping[str, Any], field: str, default: int, path: str) -> int:
    value = int(body.get(field, default))
    if value < 1:
        raise AiPlatformError(f"{path}.{field}: expected 1 or more, found {value}")
    return value
