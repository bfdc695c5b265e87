"""Endpoints as resources."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.control.status import EndpointStatus
from localgcp.core.conventions.errors import aborted, already_exists, failed_precondition, invalid_argument
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.masks import mask_paths, masked
from localgcp.core.conventions.ordering import ordered
from localgcp.core.conventions.paging import page
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.services.vertex.endpoints.records import EndpointRecords, Resource, deployed_ids, with_etag
from localgcp.services.vertex.endpoints.traffic import check_split
from localgcp.services.vertex.endpoints.validation import check_endpoint
from localgcp.services.vertex.operations import EMPTY, TYPE, operation_metadata

_OUTPUT_ONLY = frozenset(
    {
        "name", "deployedModels", "etag", "createTime", "updateTime", "modelDeploymentMonitoringJob",
        "dedicatedEndpointDns", "satisfiesPzs", "satisfiesPzi",
    }
)  # fmt: skip
_CHANGEABLE = ("displayName", "description", "labels", "trafficSplit")
_FILTER_FIELDS = ("endpoint", "displayName", "labels")
_ORDER_FIELDS = {name: name for name in ("displayName", "createTime", "updateTime")}
_LARGEST_PAGE = 1000


class EndpointStore:
    """The endpoints of all projects and locations."""

    def __init__(self, context: Context, records: EndpointRecords) -> None:
        self.operations = context.operations
        self._records = records

    def create(self, parent: str, raw: Mapping[str, Any], endpoint_id: str = "") -> Operation:
        """Store an endpoint without models, and return the completed operation.

        Args:
            endpoint_id: the id of the endpoint; empty lets the service choose a number.

        Raises:
            ApiError: 400 for an endpoint that Vertex AI would refuse, 409 for an id that is taken.
        """
        asked = {name: value for name, value in messages.parse("Endpoint", raw).items() if name not in _OUTPUT_ONLY}
        check_endpoint(asked, endpoint_id)
        check_split(asked.get("trafficSplit", {}), ())
        name = f"{parent}/endpoints/{endpoint_id or uuid4().int >> 66}"
        with self._records.lock:
            if name in self._records:
                raise already_exists(f"The Endpoint {name} already exists. Use it, or take another endpoint_id.")
            stored = self._records.put({"name": name, **asked, "createTime": CLOCK.text()})
        operation = self._begin(name, "CreateEndpointOperationMetadata")
        return self.operations.succeed(operation["name"], {"@type": f"{TYPE}.Endpoint", **with_etag(stored)})

    def get(self, name: str) -> Resource:
        """Return an endpoint.

        Raises:
            ApiError: 404.
        """
        return with_etag(self._records.endpoint(name))

    def list_endpoints(self, parent: str, query: Mapping[str, str | None]) -> Resource:
        """Return one page of the endpoints of a location, newest first.

        Args:
            query: `filter`, `orderBy`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter, an order or a token that is not well formed.
        """
        matches = compile_filter(query.get("filter") or "", fields=_FILTER_FIELDS)
        found = [
            endpoint
            for endpoint in reversed(self._records.endpoints(parent))
            if matches(endpoint | {"endpoint": endpoint["name"].rpartition("/")[2]})
        ]
        found = ordered(found, query.get("orderBy") or "", fields=_ORDER_FIELDS)
        items, token = page(found, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
        answer: Resource = {"endpoints": [masked(with_etag(item), query.get("readMask") or "") for item in items]}
        return answer | ({"nextPageToken": token} if token else {})

    def patch(self, name: str, raw: Mapping[str, Any], mask: str) -> Resource:
        """Change the fields that the mask names; a new traffic split applies from the next request on.

        Raises:
            ApiError: 404; 400 for a field that cannot be changed, or an invalid split; 409 for an outdated etag.
        """
        asked = messages.parse("Endpoint", raw)
        paths = mask_paths(mask)
        if not paths or (wrong := set(paths) - set(_CHANGEABLE)):
            named = ", ".join(sorted(wrong)) if paths else "no field"
            raise invalid_argument(
                f"update_mask: it names {named}; the fields that can be changed are {', '.join(_CHANGEABLE)}."
            )
        with self._records.lock:
            endpoint = self._records.endpoint(name)
            if asked.get("etag", etag := with_etag(endpoint)["etag"]) != etag:
                raise aborted(f"The Endpoint {name} has changed since it was read. Read it again, then update it.")
            changed = endpoint | {path: asked.get(path, {}) for path in paths}
            check_endpoint(changed)
            check_split(changed.get("trafficSplit", {}), deployed_ids(endpoint))
            return with_etag(self._records.put(changed))

    def delete(self, name: str) -> Operation:
        """Remove an endpoint, and return the completed operation.

        Raises:
            ApiError: 404; 400 for an endpoint with models that are deployed or being deployed.
        """
        with self._records.lock:
            coming = [change.deployed_model["id"] for change in self._records.changes(name) if not change.is_end]
            if there := [*deployed_ids(self._records.endpoint(name)), *coming]:
                raise failed_precondition(
                    f"The Endpoint {name} has DeployedModel(s) [{', '.join(there)}] that are or are being deployed."
                    " Undeploy them first."
                )
            self._records.remove(name)
        return self.operations.succeed(self._begin(name, "DeleteOperationMetadata")["name"], EMPTY)

    def status(self) -> list[dict[str, Any]]:
        """Return what `localgcp status` shows: one item for each deployed model, newest endpoint first."""
        return [line.to_json() for endpoint in reversed(self._records.endpoints()) for line in _lines(endpoint)]

    def _begin(self, name: str, metadata: str) -> Operation:
        return self.operations.create(name, operation_metadata(metadata))


def _lines(endpoint: Resource) -> list[EndpointStatus]:
    """Return an item for each model on an endpoint, or one item without a model."""
    split = endpoint.get("trafficSplit", {})
    name = endpoint["name"]
    return [
        EndpointStatus(
            name=name,
            model=f"{each['model'].rpartition('/')[2].partition('@')[0]}@{each.get('modelVersionId', '')}",
            traffic=split.get(each["id"], 0),
            create_time=each.get("createTime", ""),
        )
        for each in endpoint.get("deployedModels", ())
    ] or [EndpointStatus(name=name, create_time=endpoint["createTime"])]
