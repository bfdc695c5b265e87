"""The HTTP side of buckets: https://cloud.google.com/storage/docs/json_api/v1/buckets."""

from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.paging import page
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.store import StorageStore

LARGEST_PAGE = 1000


class BucketRoutes:
    """`storage.buckets.*`."""

    def __init__(self, store: StorageStore) -> None:
        self._buckets = store.buckets
        self._deleted = store.deleted_buckets

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "storage.buckets.insert": self.insert,
            "storage.buckets.get": self.get,
            "storage.buckets.list": self.list,
            "storage.buckets.delete": self.delete,
            "storage.buckets.restore": self.restore,
            "storage.buckets.patch": lambda request: self._change(request, merge=True),
            "storage.buckets.update": lambda request: self._change(request, merge=False),
            "storage.buckets.getStorageLayout": self.storage_layout,
            "storage.buckets.lockRetentionPolicy": self.lock_retention,
        }

    def insert(self, request: Request) -> dict[str, Any]:
        """Create a bucket."""
        body = request.json()
        name = body.get("name") or ""
        location = body.get("location") or "US"
        retains = request.flag("enableObjectRetention")
        made = self._buckets.create(name, _required(request, "project"), location, body, retains=retains)
        return made.resource(request.base_url)

    def get(self, request: Request) -> dict[str, Any]:
        """Return a bucket."""
        name = request.params["bucket"]
        if request.flag("softDeleted"):
            return self._deleted.get(name, _generation(request)).resource(request.base_url)
        return self._buckets.get(name, Preconditions.read(request.one)).resource(request.base_url)

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of the buckets of a project."""
        buckets = self._deleted if request.flag("softDeleted") else self._buckets
        found = buckets.of_project(_required(request, "project"), request.one("prefix") or "")
        items, token = page(found, page_size(request), request.one("pageToken"), limit=LARGEST_PAGE)
        listed = {"kind": "storage#buckets", "items": [item.resource(request.base_url) for item in items]}
        return {**listed, "nextPageToken": token} if token else listed

    def delete(self, request: Request) -> Reply:
        """Delete an empty bucket."""
        self._deleted.delete(request.params["bucket"], Preconditions.read(request.one))
        return Reply(status=204)

    def restore(self, request: Request) -> dict[str, Any]:
        """Restore a soft-deleted bucket."""
        return self._deleted.restore(request.params["bucket"], _generation(request)).resource(request.base_url)

    def lock_retention(self, request: Request) -> dict[str, Any]:
        """Lock the retention policy of a bucket."""
        locked = self._buckets.lock_retention(request.params["bucket"], Preconditions.read(request.one))
        return locked.resource(request.base_url)

    def storage_layout(self, request: Request) -> dict[str, Any]:
        """Return the location of a bucket, and that the bucket has no hierarchical namespace."""
        bucket = self._buckets.get(request.params["bucket"]).resource(request.base_url)
        layout = {name: bucket[name] for name in ("location", "locationType")}
        return {
            "kind": "storage#storageLayout",
            "bucket": bucket["name"],
            **layout,
            "hierarchicalNamespace": {"enabled": False},
        }

    def _change(self, request: Request, *, merge: bool) -> dict[str, Any]:
        conditions = Preconditions.read(request.one)
        changed = self._buckets.change(request.params["bucket"], request.json(), conditions, merge=merge)
        return changed.resource(request.base_url)


def page_size(request: Request) -> int | None:
    """Return the largest number of items on a page; None if the request sets no limit.

    Raises:
        ApiError: 400 for a value that is negative or not a whole number.
    """
    size = integer("maxResults", request.one("maxResults"))
    if size is not None and size < 0:
        raise invalid_argument(f"Invalid value '{size}' for maxResults: it must not be negative.")
    return size


def _generation(request: Request) -> int:
    return integer("generation", _required(request, "generation")) or 0


def _required(request: Request, name: str) -> str:
    value = request.one(name)
    if not value:
        raise invalid_argument(f"Required parameter: {name}", "required")
    return value
