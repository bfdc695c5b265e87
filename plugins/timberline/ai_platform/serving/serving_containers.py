"""Translates the container of a v1 version to a ModelContainerSpec. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.run.errors import AiPlatformError

_DEFAULT_PORT = 8080
_RESERVED_PREFIX = "AIP_"
# A version had a container, or one of these: https://cloud.google.com/ai-platform/prediction/docs/reference/rest/v1
_OTHER_WAYS = ("runtimeVersion", "packageUris", "framework", "pythonVersion", "predictionClass")


def container_spec(body: Mapping[str, Any], model: str, path: str, notes: Notes) -> dict[str, Any]:
    """Return the ModelContainerSpec of a version with a `container`, with v1's default routes and port.

    Args:
        body: the v1 Version.
        model: the name of its v1 model.
        path: the field's path in messages.
        notes: receives the notes.

    Raises:
        AiPlatformError: a field is missing, out of range, or excludes a container.
    """
    for field in _OTHER_WAYS:
        if body.get(field):
            raise AiPlatformError(f"{path}.{field}: expected none beside container, found {body[field]!r}; remove one")
    container: Mapping[str, Any] = body["container"]
    where = f"{path}.container"
    if not container.get("image"):
        raise AiPlatformError(f"{where}.image: expected the image's URI, found none")
    found: dict[str, Any] = {"imageUri": container["image"]}
    found |= {key: list(container[key]) for key in ("command", "args") if container.get(key)}
    if container.get("env"):
        found["env"] = [_variable(each, f"{where}.env[{index}]") for index, each in enumerate(container["env"])]
    found["ports"] = [{"containerPort": _port(container.get("ports", ()), f"{where}.ports", notes)}]
    return found | _routes(body, model, path, notes)


def _routes(body: Mapping[str, Any], model: str, path: str, notes: Notes) -> dict[str, str]:
    routes: Mapping[str, str] = body.get("routes", {})
    address = f"/v1/models/{model}/versions/{body['name']}"
    found = {
        "predictRoute": routes.get("predict") or f"{address}:predict",
        "healthRoute": routes.get("health") or address,
    }
    for key, route in found.items():
        if not route.startswith("/"):
            name = key.removesuffix("Route")
            raise AiPlatformError(f"{path}.routes.{name}: expected a path that begins with a slash, found {route!r}")
    if not (routes.get("predict") and routes.get("health")):
        notes.substitute(
            f"{path}.routes",
            f"default -> {found['predictRoute']} and {found['healthRoute']}; the container finds them in "
            "AIP_PREDICT_ROUTE and AIP_HEALTH_ROUTE, but AIP_MODEL_NAME and AIP_VERSION_NAME are Vertex AI's own names",
        )
    return found


def _variable(variable: Mapping[str, str], path: str) -> dict[str, str]:
    name = variable.get("name", "")
    if not name or name.startswith(_RESERVED_PREFIX):
        raise AiPlatformError(f"{path}.name: expected a name that does not begin with AIP_, found {name!r}; rename it")
    return {"name": name, "value": variable.get("value", "")}


def _port(ports: list[Mapping[str, Any]] | tuple[Mapping[str, Any], ...], path: str, notes: Notes) -> int:
    if not ports:
        return _DEFAULT_PORT
    if len(ports) > 1:
        notes.warn(path, "requests go to the first port alone, as with v1; the others are left out")
    port = int(ports[0].get("containerPort", 0))
    if not 0 < port < 2**16:
        raise AiPlatformError(f"{path}[0].containerPort: expected 1 to 65535, found {port}")
    return port
