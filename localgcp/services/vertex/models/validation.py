"""Checks of new models: a 400 with a message for each wrong field, as on Vertex AI."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import REQUIRED, Problem, naming_problems, refuse

_MODEL_ID = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_HIGHEST_PORT = 65535


def check_upload(request: Mapping[str, Any], at: str = "model") -> None:
    """Refuse an UploadModelRequest that Vertex AI would refuse, without looking at existing models.

    Args:
        at: the path of the model in the request.

    Raises:
        ApiError: 400 naming each field, or 501 for a model of the Model Garden.
    """
    model = request.get("model", {})
    if "baseModelSource" in model:
        raise unimplemented(f"{at}.base_model_source")
    aliases = _alias_problems(model.get("versionAliases", ()), f"{at}.version_aliases")
    refuse(
        [*_ids(request, at), *naming_problems(model, f"{at}."), *aliases, *_container(model, f"{at}.container_spec"),
         *_uris(model, at)]
    )  # fmt: skip


def check_aliases(aliases: Iterable[str], where: str) -> None:
    """Refuse texts that are not allowed as aliases of a version.

    Raises:
        ApiError: 400 naming each of them.
    """
    refuse(_alias_problems(aliases, where))


def _ids(request: Mapping[str, Any], at: str) -> Iterator[Problem]:
    model_id = request.get("modelId", "")
    if model_id and not _MODEL_ID.fullmatch(model_id):
        yield (
            "model_id",
            f"{model_id!r} is not an id. It holds lowercase letters, digits, _ and -, does not start with a digit or -,"
            " and has at most 63 characters.",
        )
    if not request.get("model"):
        yield at, REQUIRED


def _alias_problems(aliases: Iterable[str], where: str) -> Iterator[Problem]:
    for alias in aliases:
        if not _ALIAS.fullmatch(alias):
            yield (
                where,
                f"{alias!r} is not an alias. It has 2 to 128 letters, digits and -, starts with a lowercase letter, and"
                " ends with one or with a digit.",
            )


def _container(model: Mapping[str, Any], where: str) -> Iterator[Problem]:
    container = model.get("containerSpec", {})
    if not container.get("imageUri"):
        yield f"{where}.image_uri", REQUIRED
    for field in ("predictRoute", "healthRoute"):
        route = container.get(field, "/")
        if not route.startswith("/"):
            yield f"{where}.{field.removesuffix('Route')}_route", f"Must start with /, found {route}."
    if "predictRoute" in container and "invokeRoutePrefix" in container:
        yield f"{where}.invoke_route_prefix", "Only one of predict_route and invoke_route_prefix may be set."
    for index, port in enumerate(container.get("ports", [])):
        number = port.get("containerPort", 0)
        if not 1 <= number <= _HIGHEST_PORT:
            yield f"{where}.ports[{index}].container_port", f"Must be from 1 to {_HIGHEST_PORT}, found {number}."
    for index, entry in enumerate(container.get("env", [])):
        name = entry.get("name", "")
        if not name or "=" in name:
            yield f"{where}.env[{index}].name", f"{name!r} is not the name of an environment variable."


def _uris(model: Mapping[str, Any], at: str) -> Iterator[Problem]:
    uri = model.get("artifactUri", "")
    if uri and not re.fullmatch(r"gs://[^/]+(/.*)?", uri):
        yield f"{at}.artifact_uri", f"Must be a folder such as gs://bucket/folder, found {uri}."
