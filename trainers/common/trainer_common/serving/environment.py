"""Read the variables that a prediction service sets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_common.failures import UserError


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingEnvironment:
    """The variables of a prediction container, with the defaults of Vertex AI."""

    storage_uri: str | None
    """`AIP_STORAGE_URI`: the folder of the model; None when not set."""
    host: str
    """`UVICORN_HOST`, else `localhost`: the address to listen on. The images of trainers set it to all addresses."""
    port: int
    """`AIP_HTTP_PORT`, else 8080."""
    predict_route: str
    """`AIP_PREDICT_ROUTE`, else `/predict`."""
    health_route: str
    """`AIP_HEALTH_ROUTE`, else `/health`."""


def read_serving_environment(variables: Mapping[str, str] | None = None) -> ServingEnvironment:
    """Return the variables of the prediction container.

    Args:
        variables: The variables; None for the current ones of this process. An empty value counts as not set.

    Raises:
        UserError: The port is not a port number, or a route is not a path.
    """
    found = os.environ if variables is None else variables
    return ServingEnvironment(
        storage_uri=found.get("AIP_STORAGE_URI") or None,
        host=found.get("UVICORN_HOST") or "localhost",
        port=_port(found.get("AIP_HTTP_PORT") or "8080"),
        predict_route=_route("AIP_PREDICT_ROUTE", found.get("AIP_PREDICT_ROUTE") or "/predict"),
        health_route=_route("AIP_HEALTH_ROUTE", found.get("AIP_HEALTH_ROUTE") or "/health"),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise UserError(f"AIP_HTTP_PORT: expected a port, 1 to 65535, found {text!r}")
    return int(text)


def _route(name: str, path: str) -> str:
    if not path.startswith("/"):
        raise UserError(f"{name}: expected a path that starts with a slash, such as /predict, found {path!r}")
    return path
