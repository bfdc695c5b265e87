"""The DeployedModels of an endpoint."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from localgcp.core.conventions.errors import failed_precondition, invalid_argument, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.services.vertex.endpoints.records import Resource, deployed_ids
from localgcp.services.vertex.endpoints.traffic import check_split
from localgcp.services.vertex.endpoints.validation import check_replicas

_OUTPUT_ONLY = frozenset({"createTime", "modelVersionId", "privateEndpoints", "status"})
_MUTABLE = (
    "dedicatedResources.minReplicaCount", "dedicatedResources.maxReplicaCount",
    "dedicatedResources.requiredReplicaCount", "dedicatedResources.autoscalingMetricSpecs", "disableContainerLogging",
)  # fmt: skip


def new_deployed_model(asked: Resource, model: Resource) -> Resource:
    """Return a new DeployedModel as the endpoint shows it after the deployment."""
    deployed = {name: value for name, value in asked.items() if name not in _OUTPUT_ONLY}
    dedicated = asked["dedicatedResources"]
    return {
        "id": str(uuid4().int >> 66),
        "displayName": model["displayName"],
        **deployed,
        "model": model["name"].partition("@")[0],
        "modelVersionId": model["versionId"],
        "createTime": CLOCK.text(),
        "dedicatedResources": {"maxReplicaCount": dedicated["minReplicaCount"], **dedicated},
    }


def version_name(deployed: Resource) -> str:
    """Return the resource name of the deployed version: `.../models/ID@VERSION`."""
    return f"{deployed['model']}@{deployed['modelVersionId']}"


def find(endpoint: Resource, deployed_id: str) -> Resource:
    """Return a deployed model of an endpoint.

    Raises:
        ApiError: 404.
    """
    for deployed in endpoint.get("deployedModels", ()):
        if deployed["id"] == deployed_id:
            found: Resource = deployed
            return found
    raise not_found(f"The Endpoint {endpoint['name']} has no DeployedModel {deployed_id!r}.")


def split_without(endpoint: Resource, deployed_id: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the traffic split of an endpoint after a model is undeployed.

    Raises:
        ApiError: 400 for a model that has traffic, or an invalid split.
    """
    ids = deployed_ids(endpoint)
    check_split(wanted, ids)
    if ids == [deployed_id]:
        return {}
    split = dict(wanted or endpoint.get("trafficSplit", {}))
    if share := split.pop(deployed_id, 0):
        raise failed_precondition(
            f"The DeployedModel {deployed_id} has {share} percent of the traffic of the Endpoint {endpoint['name']}."
            " Give a traffic_split without it."
        )
    return split


def mutated_model(deployed: Resource, asked: Resource, paths: Sequence[str]) -> Resource:
    """Return a deployed model with the fields that a mask names.

    Raises:
        ApiError: 400 for a field that cannot be changed, or contradictory numbers of replicas.
    """
    if not paths or (wrong := set(paths) - set(_MUTABLE)):
        named = ", ".join(sorted(wrong)) if paths else "no field"
        raise invalid_argument(f"update_mask: it names {named}; those that can be changed are {', '.join(_MUTABLE)}.")
    mutated = dict(deployed)
    for path in paths:
        outer, _, inner = path.partition(".")
        value = asked.get(outer)
        mutated[outer] = {**deployed[outer], inner: (value or {}).get(inner)} if inner else bool(value)
    check_replicas(mutated["dedicatedResources"], "deployed_model.dedicated_resources")
    return mutated
