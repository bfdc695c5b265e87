"""Versions of v1 as versions of a model, and what is deployed of them."""

from typing import Any, Literal

import pytest

from tests.plugins.timberline.ai_platform.fields import leaves, with_field
from tests.plugins.timberline.ai_platform.messages import read
from timberline.ai_platform.notes import NoteKind
from timberline.ai_platform.serving.artifacts import Framework
from timberline.ai_platform.serving.models import translate_model
from timberline.ai_platform.serving.versions import VersionTranslation, translate_version
from timberline.run.errors import AiPlatformError
from timberline.spec.releasespec import ServingContainerSpec, ServingEnvVar

_MODEL = translate_model({"name": "forest_cover", "onlinePredictionLogging": True})
_PREBUILT = {"name": "v01", "deploymentUri": "gs://b/jobs/j1/", "framework": "SCIKIT_LEARN", "runtimeVersion": "2.11"}
_OWN: dict[str, Any] = {"name": "v01", "container": {"image": "us-docker.pkg.dev/p/r/serve:1"}}
_SPEC = ServingContainerSpec(
    image_uri="us-docker.pkg.dev/p/r/mine:2",
    predict_route="/predict",
    health_route="/health",
    args=("serve",),
    env=(ServingEnvVar(name="A", value="b"),),
)

Fate = Literal["mapped", "warned", "refused"]
# field -> what becomes of it, a value, and the body that it stands in
_FATES: dict[str, tuple[Fate, object, dict[str, Any]]] = {
    "name": ("mapped", "v02", _PREBUILT),
    "description": ("mapped", "first", _PREBUILT),
    "labels": ("mapped", {"a": "b"}, _PREBUILT),
    "deploymentUri": ("mapped", "gs://b/other", _PREBUILT),
    "framework": ("mapped", "XGBOOST", _PREBUILT),
    "runtimeVersion": ("mapped", "1.15", _PREBUILT),
    "pythonVersion": ("warned", "3.7", _PREBUILT),
    "isDefault": ("mapped", True, _PREBUILT),
    "machineType": ("mapped", "n1-standard-8", _PREBUILT),
    "serviceAccount": ("mapped", "me@p.iam.gserviceaccount.com", _OWN),
    "acceleratorConfig.type": ("mapped", "NVIDIA_TESLA_T4", with_field(_OWN, "acceleratorConfig.count", "1")),
    "acceleratorConfig.count": ("mapped", "2", with_field(_OWN, "acceleratorConfig.type", "NVIDIA_TESLA_T4")),
    "manualScaling.nodes": ("mapped", 3, _PREBUILT),
    "autoScaling.minNodes": ("mapped", 2, _PREBUILT),
    "autoScaling.maxNodes": ("mapped", 4, _PREBUILT),
    "autoScaling.metrics[].name": ("mapped", "CPU_USAGE", _PREBUILT),
    "autoScaling.metrics[].target": ("mapped", 70, with_field(_PREBUILT, "autoScaling.metrics[].name", "CPU_USAGE")),
    "container.image": ("mapped", "us-docker.pkg.dev/p/r/other:1", _OWN),
    "container.command": ("mapped", ["serve"], _OWN),
    "container.args": ("mapped", ["--fast"], _OWN),
    "container.env[].name": ("mapped", "A", _OWN),
    "container.env[].value": ("mapped", "b", with_field(_OWN, "container.env[].name", "A")),
    "container.ports[].containerPort": ("mapped", 8501, _OWN),
    "routes.predict": ("mapped", "/p", _OWN),
    "routes.health": ("mapped", "/h", _OWN),
    "requestLoggingConfig.samplingPercentage": (
        "mapped", 0.1, with_field(_PREBUILT, "requestLoggingConfig.bigqueryTableName", "p.d.t"),
    ),
    "requestLoggingConfig.bigqueryTableName": (
        "mapped", "p.d.t", with_field(_PREBUILT, "requestLoggingConfig.samplingPercentage", 0.1),
    ),
    "explanationConfig": ("warned", {"sampledShapleyAttribution": {"numPaths": 10}}, _PREBUILT),
    "packageUris": ("refused", ["gs://b/p.tar.gz"], _PREBUILT),
    "predictionClass": ("refused", "module.Class", _PREBUILT),
    "createTime": ("warned", "2020-01-01T00:00:00Z", _PREBUILT),
    "errorMessage": ("warned", "x", _PREBUILT),
    "etag": ("warned", "x", _PREBUILT),
    "lastMigrationModelId": ("warned", "1", _PREBUILT),
    "lastMigrationTime": ("warned", "2020-01-01T00:00:00Z", _PREBUILT),
    "lastUseTime": ("warned", "2020-01-01T00:00:00Z", _PREBUILT),
    "state": ("warned", "READY", _PREBUILT),
}  # fmt: skip


def _translate(body: dict[str, Any], **more: Any) -> VersionTranslation:
    return translate_version(body, _MODEL, **more)


def _result(body: dict[str, Any]) -> object:
    try:
        found = _translate(body)
    except AiPlatformError as error:
        return str(error)
    return (found.alias, found.model, found.deployed_model, found.endpoint, found.is_default)


def _fields(fate: Fate) -> list[str]:
    return [field for field, (each, _, _) in _FATES.items() if each == fate]


def test_every_field_has_a_fate() -> None:
    assert set(leaves("Version", skip=["explanationConfig"])) == _FATES.keys()


@pytest.mark.parametrize("field", _fields("mapped"))
def test_a_mapped_field_changes_what_is_asked_for(field: str) -> None:
    _, value, body = _FATES[field]
    found = _result(with_field(body, field, value))
    assert not isinstance(found, str)
    assert found != _result(body)


@pytest.mark.parametrize("field", _fields("warned"))
def test_a_field_without_effect_is_noted(field: str) -> None:
    _, value, body = _FATES[field]
    changed = with_field(body, field, value)
    assert f"version.{field}" in [note.field for note in _translate(changed).notes]
    assert _result(changed) == _result(body)


@pytest.mark.parametrize("field", _fields("refused"))
def test_a_custom_routine_is_refused_with_advice(field: str) -> None:
    _, value, body = _FATES[field]
    with pytest.raises(AiPlatformError, match=rf"^version\.{field}: .*; build a container that serves the model"):
        _translate(with_field(body, field, value))


_FULL = [
    {**_PREBUILT, "labels": {"a": "b"}, "description": "d", "autoScaling": {"minNodes": 1, "maxNodes": 3}},
    {
        **_OWN,
        "container": {**_OWN["container"], "env": [{"name": "A"}], "args": ["x"], "ports": [{"containerPort": 80}]},
        "machineType": "n1-standard-8",
        "acceleratorConfig": {"type": "NVIDIA_TESLA_K80", "count": "2"},
        "autoScaling": {
            "minNodes": 0,
            "maxNodes": 2,
            "metrics": [{"name": "CPU_USAGE", "target": 50}, {"name": "GPU_DUTY_CYCLE"}],
        },
        "requestLoggingConfig": {"samplingPercentage": 0.5, "bigqueryTableName": "example.com:p.d.t"},
        "serviceAccount": "me@p.iam.gserviceaccount.com",
    },
]


@pytest.mark.parametrize("body", _FULL)
@pytest.mark.parametrize("container", [None, _SPEC])
def test_the_bodies_are_ones_that_vertex_ai_takes(body: dict[str, Any], container: ServingContainerSpec | None) -> None:
    found = _translate(body, container=container)
    model, deployed = read("Model", found.model), read("DeployedModel", found.deployed_model)
    assert list(model.version_aliases) == ["v01"]
    assert model.container_spec.image_uri
    assert deployed.dedicated_resources.min_replica_count >= 1
    assert deployed.enable_access_logging
    assert not read("Endpoint", found.endpoint).deployed_models


def test_a_container_has_v1s_port_and_routes_where_it_names_none() -> None:
    spec = read("Model", _translate(_OWN).model).container_spec
    assert [port.container_port for port in spec.ports] == [8080]
    assert spec.predict_route == "/v1/models/forest_cover/versions/v01:predict"
    assert spec.health_route == "/v1/models/forest_cover/versions/v01"


def test_a_given_container_wins_and_every_field_it_replaces_is_noted() -> None:
    body = {**_PREBUILT, "pythonVersion": "2.7", "packageUris": ["gs://b/p.tar.gz"], "runtimeVersion": "1.15"}
    found = _translate(body, container=_SPEC)
    assert found.model["containerSpec"] == {
        "imageUri": "us-docker.pkg.dev/p/r/mine:2",
        "predictRoute": "/predict",
        "healthRoute": "/health",
        "args": ["serve"],
        "env": [{"name": "A", "value": "b"}],
    }
    fields = {note.field for note in found.notes if note.kind is NoteKind.SUBSTITUTION}
    assert {f"version.{each}" for each in ("framework", "runtimeVersion", "pythonVersion", "packageUris")} <= fields
    assert found.framework is None


def test_the_directory_is_written_without_a_slash_and_its_framework_told() -> None:
    found = _translate(_PREBUILT)
    assert found.artifact_uri == found.model["artifactUri"] == "gs://b/jobs/j1"
    assert found.framework is Framework.SCIKIT_LEARN


def test_a_guessed_framework_counts_where_none_is_named_and_is_noted() -> None:
    body = {key: value for key, value in _PREBUILT.items() if key != "framework"}
    found = _translate(body, guessed=Framework.XGBOOST)
    assert found.framework is Framework.XGBOOST
    assert "version.framework" in [note.field for note in found.notes]
    assert _translate(_PREBUILT, guessed=Framework.XGBOOST).framework is Framework.SCIKIT_LEARN


def test_a_name_that_is_no_alias_is_noted() -> None:
    found = _translate({**_PREBUILT, "name": "V_1"})
    assert found.alias != "V_1"
    assert [note.text for note in found.notes if note.field == "version.name"] == [f"V_1 -> alias {found.alias}"]


def test_a_share_of_no_requests_is_no_logging() -> None:
    body = {**_PREBUILT, "requestLoggingConfig": {"bigqueryTableName": "p.d.t"}}
    assert _translate(body).endpoint == {}


def test_requests_are_logged_to_the_table_that_is_named() -> None:
    config = {"samplingPercentage": 0.1, "bigqueryTableName": "p.d.t"}
    message = read("Endpoint", _translate({**_PREBUILT, "requestLoggingConfig": config}).endpoint)
    logging = message.predict_request_response_logging_config
    assert logging.enabled
    assert logging.sampling_rate == 0.1
    assert logging.bigquery_destination.output_uri == "bq://p.d.t"


@pytest.mark.parametrize(
    ("field", "value", "body", "message"),
    [
        ("names", "x", _PREBUILT, r"^version\.names: unknown key; did you mean 'name'"),
        ("name", "v-1", _PREBUILT, r"^version\.name: expected 1 to 128 letters"),
        ("deploymentUri", "", _PREBUILT, r"^version\.deploymentUri: expected gs://bucket/directory, found none"),
        ("deploymentUri", "/tmp/x", _PREBUILT, r"^version\.deploymentUri: .*found /tmp/x"),
        ("framework", "FRAMEWORK_UNSPECIFIED", _PREBUILT, r"^version\.framework: expected one of .* found none"),
        ("runtimeVersion", "", _PREBUILT, r"^version\.runtimeVersion: expected a runtime version, .* found none"),
        ("pythonVersion", "2.7", _PREBUILT, r"^version\.pythonVersion: .*found '2.7': no image .* Python 2"),
        ("routes.predict", "/p", _PREBUILT, r"^version\.routes: expected none without a container"),
        ("runtimeVersion", "2.11", _OWN, r"^version\.runtimeVersion: expected none beside container"),
        ("container.image", "", _OWN, r"^version\.container\.image: expected the image's URI, found none"),
        ("container.env[].name", "AIP_X", _OWN, r"^version\.container\.env\[0\]\.name: .* found 'AIP_X'"),
        ("container.ports[].containerPort", 70000, _OWN, r"^version\.container\.ports\[0\]\.containerPort: .*70000"),
        ("routes.health", "health", _OWN, r"^version\.routes\.health: expected a path .* found 'health'"),
        ("requestLoggingConfig.samplingPercentage", 2, _OWN, r"samplingPercentage: expected a fraction .* found 2"),
        ("requestLoggingConfig.bigqueryTableName", "t", _OWN, r"bigqueryTableName: expected project\.dataset\.table"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(field: str, value: object, body: dict[str, Any], message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        _translate(with_field(body, field, value))
