"""Reads which model a v1 batch prediction uses. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.run.errors import AiPlatformError

_SOURCES = ("modelName", "versionName", "uri")
_RESOURCE = re.compile(r"projects/[^/]+/models/(?P<model>[^/]+)(/versions/(?P<version>[^/]+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictingModel:
    """The model of a batch prediction: a v1 model or a directory.

    Attributes:
        model: the name of a v1 model; None for a directory.
        version: the name of the version; None for the default version.
        uri: the directory of a SavedModel, without a slash at the end; None for a v1 model.
    """

    model: str | None = None
    version: str | None = None
    uri: str | None = None


def predicting_model(body: Mapping[str, Any], *, path: str = "predictionInput") -> PredictingModel:
    """Return the model of a batch prediction.

    Args:
        body: a v1 PredictionInput.
        path: the field's path in messages.

    Raises:
        AiPlatformError: the body has no model or several, or the name is invalid.
    """
    given = [field for field in _SOURCES if body.get(field)]
    if len(given) != 1:
        found = ", ".join(given) or "none"
        raise AiPlatformError(f"{path}: expected exactly one of {', '.join(_SOURCES)}, found {found}")
    field, value = given[0], str(body[given[0]])
    if field == "uri":
        return PredictingModel(uri=gs_path(value, f"{path}.uri").rstrip("/"))
    match = _RESOURCE.fullmatch(value)
    if match is None or bool(match["version"]) != (field == "versionName"):
        form = "projects/PROJECT/models/MODEL" + ("/versions/VERSION" if field == "versionName" else "")
        raise AiPlatformError(f"{path}.{field}: expected {form}, found {value!r}")
    return PredictingModel(model=match["model"], version=match["version"])


def gs_path(uri: str, path: str) -> str:
    """Return a path in Cloud Storage.

    Raises:
        AiPlatformError: the path is missing, or not in Cloud Storage.
    """
    if not uri.startswith("gs://"):
        raise AiPlatformError(f"{path}: expected a gs:// path, found {uri or 'none'}")
    return uri
