"""The long-running operations of buckets, and the relocation of a bucket.

https://cloud.google.com/storage/docs/bucket-relocation/overview. The server has no regions: a relocation changes the
location in the Bucket resource. If Google would pause writes, the relocation waits until the client advances it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localgcp.core.conventions.errors import ApiError, failed_precondition, invalid_argument, unimplemented
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.paging import page
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.services.storage.buckets.resources import Bucket
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.store import StorageStore

_TYPE = "type.googleapis.com/google.storage.control.v2.RelocateBucket"
_KIND = {"kind": "storage#operation"}
_LARGEST_PAGE = 100
_LOCATION = re.compile(r"[A-Za-z]+[0-9]*(-[A-Za-z]+[0-9]+)?")


class OperationRoutes:
    """`storage.buckets.relocate` and `storage.buckets.operations`."""

    def __init__(self, store: StorageStore) -> None:
        self._buckets = store.buckets
        self._operations = store.context.operations
        self._lock = store.lock

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "storage.buckets.relocate": self.relocate,
            "storage.buckets.operations.advanceRelocateBucket": self.advance,
            "storage.buckets.operations.cancel": self.cancel,
            "storage.buckets.operations.get": lambda request: {**_KIND, **self._operations.get(_name(request))},
            "storage.buckets.operations.list": self.list,
        }

    def relocate(self, request: Request) -> dict[str, Any]:
        """Start the relocation of a bucket, and complete it at once unless Google would pause writes for it."""
        body, name = request.json(), request.params["bucket"]
        if body.get("destinationKmsKeyName"):
            raise unimplemented(f"{request.method_id} with destinationKmsKeyName")
        with self._lock:
            bucket = self._buckets.get(name)
            _check(bucket, body)
            if waiting := [item for item in self._operations.under(_parent(name)) if not item["done"]]:
                raise failed_precondition(f"The bucket {name} is being relocated: advance or cancel {_id(waiting[0])}.")
            operation = self._operations.create(_parent(name), _metadata(bucket, body))
            needs_pause = _moved(bucket, body).location != bucket.location
            return {**_KIND, **(operation if needs_pause and not body.get("validateOnly") else self._ended(operation))}

    def advance(self, request: Request) -> Reply:
        """Complete a waiting relocation."""
        with self._lock:
            found = self._operations.get(_name(request))
            if found["done"] or not _is_relocation(found):
                raise failed_precondition(f"The operation {found['name']} is not a running relocation.")
            self._ended(found)
        return Reply(status=204)

    def cancel(self, request: Request) -> Reply:
        """Cancel a running operation; the bucket keeps its location."""
        with self._lock:
            found = self._operations.get(_name(request))
            if not found["done"]:
                error = ApiError(499, "CANCELLED", "The operation was cancelled.", "cancelled")
                metadata = _with_progress(found["metadata"], endTime=CLOCK.text(), requestedCancellation=True)
                self._operations.fail(found["name"], error, metadata)
        return Reply(status=204)

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of the operations of a bucket."""
        self._buckets.get(request.params["bucket"])
        wanted = compile_filter(request.one("filter") or "")
        found = [item for item in self._operations.under(_parent(request.params["bucket"])) if wanted(item)]
        size = integer("pageSize", request.one("pageSize"))
        items, token = page(found, size, request.one("pageToken"), limit=_LARGEST_PAGE)
        listed = {"kind": "storage#operations", "operations": [{**_KIND, **item} for item in items]}
        return {**listed, "nextPageToken": token} if token else listed

    def _ended(self, operation: Operation) -> Operation:
        metadata = operation["metadata"]
        if not metadata["validateOnly"]:
            bucket = self._buckets.get(operation["name"].split("/")[3])
            wanted = {name: metadata.get(name) for name in ("destinationLocation", "destinationCustomPlacementConfig")}
            self._buckets.put(_moved(bucket, wanted))
        ended = _with_progress(metadata, endTime=CLOCK.text(), progressPercent=100)
        return self._operations.succeed(operation["name"], {"@type": f"{_TYPE}Response"}, ended)


def _check(bucket: Bucket, body: Mapping[str, Any]) -> None:
    location = body.get("destinationLocation")
    if not location:
        raise invalid_argument("Required parameter: destinationLocation", "required")
    if not _LOCATION.fullmatch(str(location)):
        raise invalid_argument(f"The specified location constraint is not valid: {location!r}.")
    moved = _moved(bucket, body)
    if (moved.location, moved.settings) == (bucket.location, bucket.settings):
        raise invalid_argument(f"The bucket {bucket.name} lies in {bucket.location} already.")


def _moved(bucket: Bucket, body: Mapping[str, Any]) -> Bucket:
    settings = {name: value for name, value in bucket.settings.items() if name != "customPlacementConfig"}
    if placement := body.get("destinationCustomPlacementConfig"):
        settings["customPlacementConfig"] = placement
    return replace(
        bucket, location=body["destinationLocation"].upper(), settings=settings, updated=CLOCK.text(),
        metageneration=bucket.metageneration + 1,
    )  # fmt: skip


def _metadata(bucket: Bucket, body: Mapping[str, Any]) -> dict[str, Any]:
    time_now = CLOCK.text()
    common = {
        "createTime": time_now, "updateTime": time_now, "type": "relocate-bucket", "requestedCancellation": False,
        "progressPercent": 99,
    }  # fmt: skip
    shown = {
        "@type": f"{_TYPE}Metadata", "commonMetadata": common, "sourceLocation": bucket.location,
        "sourceCustomPlacementConfig": bucket.settings.get("customPlacementConfig"),
        "destinationLocation": body["destinationLocation"].upper(),
        "destinationCustomPlacementConfig": body.get("destinationCustomPlacementConfig"),
        "relocationState": "SYNCING", "validateOnly": bool(body.get("validateOnly")),
    }  # fmt: skip
    return {name: value for name, value in shown.items() if value is not None}


def _with_progress(metadata: Mapping[str, Any], **progress: Any) -> dict[str, Any]:
    common = {**metadata.get("commonMetadata", {}), "updateTime": CLOCK.text(), **progress}
    state = {"relocationState": "SUCCEEDED"} if progress.get("progressPercent") else {}
    return {**metadata, "commonMetadata": common, **state}


def _is_relocation(operation: Operation) -> bool:
    return str(operation["metadata"].get("@type", "")).startswith(_TYPE)


def _parent(bucket: str) -> str:
    return f"projects/_/buckets/{bucket}"


def _name(request: Request) -> str:
    return f"{_parent(request.params['bucket'])}/operations/{request.params['operationId']}"


def _id(operation: Operation) -> str:
    return str(operation["name"].rpartition("/")[2])
