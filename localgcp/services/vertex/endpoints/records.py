"""Endpoints on disk, and their unfinished changes."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A deployment, or the end of one, whose operation is not done.

    Attributes:
        operation: the resource name of the operation.
        endpoint: the resource name of the endpoint.
        deployed_model: the DeployedModel that is added to the endpoint, or was removed from it.
        traffic_split: the endpoint's traffic split after a deployment; empty keeps the present one.
        is_end: the model is being undeployed.
    """

    operation: str
    endpoint: str
    deployed_model: Resource
    traffic_split: Mapping[str, int] = field(default_factory=dict)
    is_end: bool = False

    @classmethod
    def from_json(cls, raw: Resource) -> Self:
        """Read what was stored."""
        return cls(**raw)


class EndpointRecords:
    """The stored endpoints and changes. Hold `lock` from a read to the write that depends on it."""

    def __init__(self, state: State) -> None:
        self.lock = state.lock
        self._endpoints = state.collection("endpoints.endpoints")
        self._endpoints.records(_check_endpoint)
        self._changes = state.collection("endpoints.changes")
        self._changes.records(Change.from_json)

    def __contains__(self, name: str) -> bool:
        return name in self._endpoints

    def endpoint(self, name: str) -> Resource:
        """Return an endpoint as it is stored: without its etag.

        Raises:
            ApiError: 404.
        """
        found = self._endpoints.get(name)
        if found is None:
            raise not_found(f"The Endpoint {name} does not exist.")
        return found

    def endpoints(self, parent: str = "") -> list[Resource]:
        """Return the endpoints of a location, or of all locations, oldest first."""
        return self._endpoints.values(f"{parent}/endpoints/" if parent else "")

    def put(self, endpoint: Resource) -> Resource:
        """Store an endpoint with a new update time, and return it."""
        stored = {name: value for name, value in endpoint.items() if value not in ({}, [], "")} | {
            "updateTime": CLOCK.text()
        }
        self._endpoints.put(stored["name"], stored)
        return stored

    def remove(self, name: str) -> None:
        """Delete an endpoint."""
        self._endpoints.delete(name)

    def changes(self, endpoint: str = "") -> list[Change]:
        """Return the unfinished changes of one endpoint, or of all endpoints."""
        found = map(Change.from_json, self._changes.values())
        return [change for change in found if endpoint in ("", change.endpoint)]

    def begin(self, change: Change) -> None:
        """Store a change that begins."""
        self._changes.put(change.operation, asdict(change))

    def finish(self, change: Change) -> None:
        """Delete a change that has succeeded or failed."""
        self._changes.delete(change.operation)


def with_etag(endpoint: Resource) -> Resource:
    """Return an endpoint as the API shows it; the etag differs after every change."""
    digest = hashlib.sha256(json.dumps(endpoint, sort_keys=True).encode()).digest()
    return endpoint | {"etag": base64.b64encode(digest[:18]).decode()}


def _check_endpoint(endpoint: Resource) -> None:
    """Read the fields of a stored endpoint that a start of the server needs; an exception leaves the endpoint out."""
    for field_name in ("name", "createTime"):
        endpoint[field_name]
    for deployed in endpoint.get("deployedModels", ()):
        deployed["id"], deployed["model"]


def deployed_ids(endpoint: Resource) -> list[str]:
    """Return the ids of the models that are deployed on an endpoint."""
    return [deployed["id"] for deployed in endpoint.get("deployedModels", ())]
