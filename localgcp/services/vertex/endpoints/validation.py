"""Checks of endpoints and deployments: 400 for each wrong field, 501 for what localgcp does not support."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import REQUIRED, Problem, naming_problems, refuse, snake

_ENDPOINT_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?|0|[1-9][0-9]{0,8}")
_DEPLOYED_MODEL_ID = re.compile(r"[0-9]{1,10}")
_LONGEST_NAME = 128

# Fields that would change how requests reach a model, and that localgcp does not support.
_UNSUPPORTED_ENDPOINT = (
    "network", "enablePrivateServiceConnect", "privateServiceConnectConfig", "predictRequestResponseLoggingConfig",
    "dedicatedEndpointEnabled", "clientConnectionConfig", "genAiAdvancedFeaturesConfig", "privateModelServerEnabled",
)  # fmt: skip
_UNSUPPORTED_DEPLOYMENT = ("sharedResources", "explanationSpec", "speculativeDecodingSpec", "checkpointId")


def check_endpoint(endpoint: Mapping[str, Any], endpoint_id: str = "") -> None:
    """Refuse an endpoint that Vertex AI would refuse.

    Args:
        endpoint_id: the id that the client asks for; empty lets the service choose.

    Raises:
        ApiError: 400 naming each field, or 501 naming the first field that localgcp does not support.
    """
    refuse([*_endpoint_id(endpoint_id), *naming_problems(endpoint, "endpoint.")])
    for field in _UNSUPPORTED_ENDPOINT:
        if endpoint.get(field):
            raise unimplemented(f"endpoint.{snake(field)}")


def check_deployed_model(deployed: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Refuse a deployment that Vertex AI would refuse, without looking at other deployments.

    Args:
        model: the Model to deploy.

    Raises:
        ApiError: 400 naming each field, or 501 naming the first field that localgcp does not support.
    """
    for field in _UNSUPPORTED_DEPLOYMENT:
        if field in deployed:
            raise unimplemented(f"deployed_model.{snake(field)}")
    refuse([*_deployed_model_id(deployed), *_resources(deployed, model)])


def check_replicas(resources: Mapping[str, Any], where: str) -> None:
    """Refuse contradictory numbers of replicas.

    Raises:
        ApiError: 400.
    """
    refuse(_replicas(resources, where))


def _endpoint_id(endpoint_id: str) -> Iterator[Problem]:
    if endpoint_id and not _ENDPOINT_ID.fullmatch(endpoint_id):
        yield (
            "endpoint_id",
            f"{endpoint_id!r} is not an id. It starts with a lowercase letter, holds those, digits and -, ends with a"
            " letter or digit and has at most 63 characters; or is a number of up to 9 digits without leading zeros.",
        )


def _deployed_model_id(deployed: Mapping[str, Any]) -> Iterator[Problem]:
    found = deployed.get("id", "")
    if found and not _DEPLOYED_MODEL_ID.fullmatch(found):
        yield "deployed_model.id", f"{found!r} is not an id: those are 1 to 10 digits."
    if len(deployed.get("displayName", "")) > _LONGEST_NAME:
        yield "deployed_model.display_name", f"At most {_LONGEST_NAME} characters are allowed."


def _resources(deployed: Mapping[str, Any], model: Mapping[str, Any]) -> Iterator[Problem]:
    dedicated, where = deployed.get("dedicatedResources"), "deployed_model.dedicated_resources"
    if "automaticResources" in deployed:
        yield (
            "prediction_resources",
            f"'automatic_resources' is not supported for Model {model['name']}. Give 'dedicated_resources'.",
        )
    elif dedicated is None:
        yield where, REQUIRED
    else:
        if not dedicated.get("machineSpec", {}).get("machineType"):
            yield f"{where}.machine_spec.machine_type", REQUIRED
        yield from _replicas(dedicated, where)


def _replicas(resources: Mapping[str, Any], where: str) -> Iterator[Problem]:
    least = resources.get("minReplicaCount", 0)
    if least < 1:
        yield f"{where}.min_replica_count", f"Must be at least 1, found {least}."
    most = resources.get("maxReplicaCount", least)
    if most < least:
        yield f"{where}.max_replica_count", f"Must not be less than min_replica_count {least}, found {most}."
