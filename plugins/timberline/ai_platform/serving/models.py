"""Translates AI Platform models, which contain versions, to Vertex AI endpoints. Pure.

Fields: https://cloud.google.com/ai-platform/prediction/docs/reference/rest/v1/projects.models (as it was).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.notes import Note, Notes
from timberline.ai_platform.output_only import warn_of_output_only
from timberline.ai_platform.schema import check_body
from timberline.ai_platform.serving.resource_names import check_name, resource_id
from timberline.ai_platform.translate.labels import translate_labels
from timberline.run.errors import AiPlatformError

DEFAULT_REGION = "us-central1"

_OUTPUT_ONLY = ("defaultVersion", "etag")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTranslation:
    """The Vertex AI form of a v1 model.

    Attributes:
        name: v1's name.
        id: the id of the endpoint, and of the model whose versions are deployed on it.
        region: the region of both.
        endpoint: an Endpoint in Google's JSON form.
        logging: the logging fields of every DeployedModel on the endpoint.
        notes: the notes of the translation.
    """

    name: str
    id: str
    region: str
    endpoint: dict[str, Any]
    logging: dict[str, bool]
    notes: tuple[Note, ...]


def translate_model(body: Mapping[str, Any], *, path: str = "model") -> ModelTranslation:
    """Translate the body of `models.create`.

    Args:
        body: a v1 Model.
        path: the field's path in messages.

    Raises:
        AiPlatformError: the body is wrong, or asks for something without an equivalent on Vertex AI; the message begins
            with the field's path.
    """
    check_body(body, "Model", path)
    notes = Notes()
    warn_of_output_only(body, _OUTPUT_ONLY, path, notes)
    name = check_name(body.get("name"), f"{path}.name")
    found = resource_id(name)
    if found != name:
        notes.substitute(f"{path}.name", f"{name} -> id {found} of model and endpoint; the display name stays")
    endpoint: dict[str, Any] = {"displayName": name}
    if body.get("description"):
        endpoint["description"] = body["description"]
    if body.get("labels"):
        endpoint["labels"] = translate_labels(body["labels"], notes)
    return ModelTranslation(
        name=name,
        id=found,
        region=_region(body.get("regions", ()), f"{path}.regions"),
        endpoint=endpoint,
        logging=_logging(body),
        notes=tuple(notes),
    )


def _region(regions: tuple[str, ...] | list[str], path: str) -> str:
    if len(regions) > 1:
        raise AiPlatformError(f"{path}: expected one region, found {', '.join(regions)}; keep one")
    return regions[0] if regions else DEFAULT_REGION


def _logging(body: Mapping[str, Any]) -> dict[str, bool]:
    """Return the logging fields of deployed models. Unlike AI Platform, Vertex AI logs containers by default."""
    return {
        "enableAccessLogging": bool(body.get("onlinePredictionLogging")),
        "disableContainerLogging": not body.get("onlinePredictionConsoleLogging"),
    }
