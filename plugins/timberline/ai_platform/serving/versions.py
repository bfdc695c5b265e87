"""Translates AI Platform versions to versions and deployments of a Vertex AI model. Pure.

Fields: https://cloud.google.com/ai-platform/prediction/docs/reference/rest/v1/projects.models.versions (as it was).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.notes import Note, Notes
from timberline.ai_platform.output_only import warn_of_output_only
from timberline.ai_platform.schema import check_body
from timberline.ai_platform.serving.artifacts import Framework
from timberline.ai_platform.serving.models import ModelTranslation
from timberline.ai_platform.serving.request_logging import request_logging
from timberline.ai_platform.serving.resource_names import check_name, version_alias
from timberline.ai_platform.serving.serving_choice import ServingChoice
from timberline.ai_platform.serving.serving_resources import dedicated_resources
from timberline.ai_platform.translate.labels import translate_labels
from timberline.run.errors import AiPlatformError
from timberline.spec.releasespec import ServingContainerSpec

_OUTPUT_ONLY = (
    "createTime", "errorMessage", "etag", "lastMigrationModelId", "lastMigrationTime", "lastUseTime", "state",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionTranslation:
    """The Vertex AI form of a v1 version.

    Attributes:
        name: v1's name.
        alias: the alias by which the version of the Vertex AI model is found.
        model: a Model in Google's JSON form, for an upload as a version.
        deployed_model: a DeployedModel in Google's JSON form, without the model's name.
        endpoint: changed fields of the endpoint; empty without a change.
        is_default: whether the version answers requests that name no version.
        framework: the framework whose files the directory must contain; None if a container reads them.
        artifact_uri: the directory, without a slash at the end; None if the container contains the model.
        notes: the notes of the translation.
    """

    name: str
    alias: str
    model: dict[str, Any]
    deployed_model: dict[str, Any]
    endpoint: dict[str, Any]
    is_default: bool
    framework: Framework | None
    artifact_uri: str | None
    notes: tuple[Note, ...]


def translate_version(
    body: Mapping[str, Any],
    model: ModelTranslation,
    *,
    guessed: Framework | None = None,
    container: ServingContainerSpec | None = None,
    path: str = "version",
) -> VersionTranslation:
    """Translate the body of `versions.create`.

    Args:
        body: a v1 Version.
        model: the model of the version.
        guessed: the framework of the files in the directory; used if the body has no framework.
        container: a serving container that overrides the body.
        path: the body's path in messages.

    Raises:
        AiPlatformError: the body is wrong, or asks for something without an equivalent on Vertex AI; the message begins
            with the field's path.
    """
    check_body(body, "Version", path)
    notes = Notes()
    name = check_name(body.get("name"), f"{path}.name")
    alias = version_alias(name)
    if alias != name:
        notes.substitute(f"{path}.name", f"{name} -> alias {alias}")
    resources = dedicated_resources(body, path, notes)
    gpu = "acceleratorType" in resources["machineSpec"]
    choice = ServingChoice(body=body, model=model.name, region=model.region, path=path, notes=notes)
    serving, framework = choice.container(container, guessed, gpu=gpu)
    uri = _artifact_uri(body, f"{path}.deploymentUri", required=framework is not None)
    _note_the_rest(body, path, notes)
    return VersionTranslation(
        name=name,
        alias=alias,
        model=_model_body(body, model.name, alias, serving, uri, notes),
        deployed_model=_deployed_model(body, model, name, resources),
        endpoint=request_logging(body.get("requestLoggingConfig", {}), f"{path}.requestLoggingConfig", notes),
        is_default=bool(body.get("isDefault")),
        framework=framework,
        artifact_uri=uri,
        notes=tuple(notes),
    )


def _artifact_uri(body: Mapping[str, Any], path: str, *, required: bool) -> str | None:
    uri = str(body.get("deploymentUri", "")).rstrip("/")
    if not uri and not required:
        return None
    if not uri.startswith("gs://"):
        raise AiPlatformError(f"{path}: expected gs://bucket/directory, found {body.get('deploymentUri') or 'none'}")
    return uri


def _model_body(
    body: Mapping[str, Any], model: str, alias: str, serving: dict[str, Any], uri: str | None, notes: Notes
) -> dict[str, Any]:
    found: dict[str, Any] = {"displayName": model, "versionAliases": [alias], "containerSpec": serving}
    if uri:
        found["artifactUri"] = uri
    if body.get("description"):
        found["versionDescription"] = body["description"]
    if body.get("labels"):
        found["labels"] = translate_labels(body["labels"], notes)
    return found


def _deployed_model(
    body: Mapping[str, Any], model: ModelTranslation, name: str, resources: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {"displayName": name, "dedicatedResources": resources, **model.logging}
    if body.get("serviceAccount"):
        found["serviceAccount"] = body["serviceAccount"]
    return found


def _note_the_rest(body: Mapping[str, Any], path: str, notes: Notes) -> None:
    warn_of_output_only(body, _OUTPUT_ONLY, path, notes)
    if body.get("isDefault"):
        notes.substitute(
            f"{path}.isDefault", "true -> the version gets all requests that name no version, as after setDefault"
        )
    if body.get("explanationConfig"):
        notes.warn(
            f"{path}.explanationConfig",
            "predictions come without explanations: Vertex AI needs the inputs and outputs of the model too; upload it "
            "with an explanationSpec of your own",
        )
