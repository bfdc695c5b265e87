"""Batch predictions of v1 as Vertex AI's jobs."""

from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.fields import leaves, with_field
from tests.plugins.timberline.ai_platform.messages import read
from timberline.ai_platform.serving.batch_prediction import PredictionTranslation, translate_prediction
from timberline.ai_platform.serving.predicting_models import PredictingModel, predicting_model
from timberline.run.errors import AiPlatformError

_MODEL = "projects/p/locations/us-central1/models/forest-cover@2"
_BODY: dict[str, Any] = {
    "dataFormat": "JSON",
    "inputPaths": ["gs://b/in/*.json"],
    "outputPath": "gs://b/out",
    "region": "us-central1",
    "modelName": "projects/p/models/forest_cover",
}
_SAVED = {key: value for key, value in _BODY.items() if key != "modelName"} | {"uri": "gs://b/model/"}

_MAPPED: dict[str, tuple[object, dict[str, Any]]] = {
    "dataFormat": ("TF_RECORD", _BODY),
    "inputPaths": (["gs://b/other"], _BODY),
    "outputPath": ("gs://b/other", _BODY),
    "outputDataFormat": ("CSV", _BODY),
    "batchSize": ("8", _BODY),
    "maxWorkerCount": ("3", _BODY),
    "region": ("europe-west4", _BODY),
    "uri": ("gs://b/other", _SAVED),
}
_CHOOSES_THE_MODEL = {"modelName", "versionName"}  # test_the_model_is_found_by_its_name
_WARNED = {"runtimeVersion": "2.11"}
_REFUSED = {"signatureName": "other"}


def _translate(body: dict[str, Any]) -> PredictionTranslation:
    return translate_prediction(body, job_id="JOB_1", model=None if "uri" in body else _MODEL)


def _result(body: dict[str, Any]) -> object:
    found = _translate(body)
    return (found.body, found.region)


def test_every_field_has_a_fate() -> None:
    expected = _MAPPED.keys() | _WARNED.keys() | _REFUSED.keys() | _CHOOSES_THE_MODEL
    assert set(leaves("PredictionInput")) == expected


@pytest.mark.parametrize("field", _MAPPED)
def test_a_mapped_field_changes_what_is_asked_for(field: str) -> None:
    value, body = _MAPPED[field]
    assert _result(with_field(body, field, value)) != _result(body)


@pytest.mark.parametrize("field", _WARNED)
def test_a_field_without_effect_is_noted(field: str) -> None:
    changed = with_field(_BODY, field, _WARNED[field])
    assert f"predictionInput.{field}" in [note.field for note in _translate(changed).notes]
    assert _result(changed) == _result(_BODY)


def test_a_signature_that_is_not_called_is_refused() -> None:
    with pytest.raises(AiPlatformError, match=r"^predictionInput\.signatureName: expected serving_default"):
        _translate({**_BODY, "signatureName": "other"})
    assert _result({**_BODY, "signatureName": "serving_default"}) == _result(_BODY)


@pytest.mark.parametrize("body", [_BODY, _SAVED])
def test_the_body_is_one_that_vertex_ai_takes(body: dict[str, Any]) -> None:
    message = read("BatchPredictionJob", _translate(body).body)
    assert message.display_name == "JOB_1"
    assert bool(message.model) != bool(message.unmanaged_container_model.artifact_uri)


def test_v1s_defaults_are_kept() -> None:
    message = read("BatchPredictionJob", _translate(_BODY).body)
    assert message.manual_batch_tuning_parameters.batch_size == 64
    assert message.dedicated_resources.max_replica_count == 10
    assert message.dedicated_resources.starting_replica_count == 1
    assert message.output_config.predictions_format == "jsonl"


def test_workers_that_are_asked_for_are_there_from_the_start_and_noted() -> None:
    found = _translate({**_BODY, "maxWorkerCount": 3})
    assert found.body["dedicatedResources"]["startingReplicaCount"] == 3
    assert "predictionInput.maxWorkerCount" in [note.field for note in found.notes]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("JSON", "jsonl"),
        ("TEXT", "jsonl"),
        ("TF_RECORD", "tf-record"),
        ("TF_RECORD_GZIP", "tf-record-gzip"),
        ("CSV", "csv"),
    ],
)
def test_formats_have_vertex_ais_names(given: str, expected: str) -> None:
    found = _translate({**_BODY, "dataFormat": given})
    assert found.body["inputConfig"]["instancesFormat"] == expected
    noted = "predictionInput.dataFormat" in [note.field for note in found.notes]
    assert noted == (given in ("TEXT", "CSV"))


def test_a_saved_model_predicts_without_being_registered() -> None:
    spec = _translate({**_SAVED, "runtimeVersion": "2.8"}).body["unmanagedContainerModel"]
    assert spec["artifactUri"] == "gs://b/model"
    assert spec["containerSpec"]["imageUri"].endswith("/tf2-cpu.2-15:latest")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"modelName": "projects/p/models/m"}, PredictingModel(model="m")),
        ({"versionName": "projects/p/models/m/versions/v1"}, PredictingModel(model="m", version="v1")),
        ({"uri": "gs://b/model/"}, PredictingModel(uri="gs://b/model")),
    ],
)
def test_the_model_is_found_by_its_name(source: dict[str, str], expected: PredictingModel) -> None:
    assert predicting_model(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, r"^predictionInput: expected exactly one of modelName, versionName, uri, found none"),
        ({"modelName": "projects/p/models/m", "uri": "gs://b/m"}, r"found modelName, uri"),
        ({"modelName": "m"}, r"^predictionInput\.modelName: expected projects/PROJECT/models/MODEL, found 'm'"),
        ({"modelName": "projects/p/models/m/versions/v"}, r"^predictionInput\.modelName: expected"),
        ({"versionName": "projects/p/models/m"}, r"^predictionInput\.versionName: .*/versions/VERSION, found"),
        ({"uri": "/tmp/m"}, r"^predictionInput\.uri: expected a gs:// path"),
    ],
)
def test_none_or_two_models_are_refused(source: dict[str, str], message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        predicting_model(source)


def test_a_model_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AiPlatformError, match=r"^predictionInput: Vertex AI has no such model"):
        translate_prediction(_BODY, job_id="JOB_1", model=None)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dataFormat", "DATA_FORMAT_UNSPECIFIED", r"^predictionInput\.dataFormat: expected one of JSON"),
        ("outputDataFormat", "TF_RECORD", r"^predictionInput\.outputDataFormat: .* found TF_RECORD; choose JSON"),
        ("inputPaths", [], r"^predictionInput\.inputPaths: expected a gs:// path, found none"),
        ("inputPaths", ["gs://b/x", "x"], r"^predictionInput\.inputPaths\[1\]: .* found x"),
        ("outputPath", "", r"^predictionInput\.outputPath: .* found none"),
        ("region", "", r"^predictionInput\.region: expected a region"),
        ("batchSize", "0", r"^predictionInput\.batchSize: expected 1 or more, found 0"),
        ("maxWorkerCount", -1, r"^predictionInput\.maxWorkerCount: expected 1 or more, found -1"),
        ("inputPath", ["gs://b/x"], r"^predictionInput\.inputPath: unknown key; did you mean 'inputPaths'"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(field: str, value: object, message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        _translate({**_BODY, field: value})


def test_a_job_id_that_v1_would_not_take_is_refused() -> None:
    with pytest.raises(AiPlatformError, match=r"^jobId: "):
        translate_prediction(_BODY, job_id="a-b", model=_MODEL)
