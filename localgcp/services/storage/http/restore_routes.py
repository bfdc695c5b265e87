"""Restores of soft-deleted objects: `storage.objects.restore` and `bulkRestore`."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.http.routing import Handler, Request
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import integer, is_true, timestamp
from localgcp.services.storage.objects.globs import glob_pattern
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import ObjectSource
from localgcp.services.storage.store import StorageStore

_TYPE = "type.googleapis.com/google.storage.control.v2"


class RestoreRoutes:
    """`storage.objects.restore` and `storage.objects.bulkRestore`."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store
        self._operations = store.context.operations

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "storage.objects.restore": self.restore,
            "storage.objects.bulkRestore": self.bulk_restore,
        }

    def restore(self, request: Request) -> dict[str, Any]:
        """Restore one soft-deleted object."""
        generation = integer("generation", request.one("generation"))
        if generation is None:
            raise invalid_argument("Required parameter: generation", "required")
        source = ObjectSource(bucket=request.params["bucket"], name=request.params["object"], generation=generation)
        restored = self._store.transfers.restore(source, Preconditions.read(request.one))
        return self._store.object_resource(restored, request.base_url)

    def bulk_restore(self, request: Request) -> dict[str, Any]:
        """Restore the soft-deleted objects that match a request, each in the version that was deleted last.

        The operation is complete when the server returns it.
        """
        bucket, body = request.params["bucket"], request.json()
        overwrites = is_true(body, "allowOverwrite")
        counts = {"succeeded": 0, "skipped": 0, "failed": 0}
        for item in self._matching(bucket, body):
            counts[self._restore(item, overwrites=overwrites)] += 1
        metadata = {
            "@type": f"{_TYPE}.BulkRestoreObjectsMetadata",
            **{f"{name}Count": str(count) for name, count in counts.items()},
        }
        response = {"@type": f"{_TYPE}.BulkRestoreObjectsResponse"}
        return {
            "kind": "storage#operation",
            **self._operations.completed(f"projects/_/buckets/{bucket}", metadata, response),
        }

    def _matching(self, bucket: str, body: Mapping[str, Any]) -> list[StoredObject]:
        patterns = [glob_pattern(glob) for glob in body.get("matchGlobs") or ["**"]]
        newest = {}
        for item in self._store.soft_deleted_objects(bucket):
            deleted, created = timestamp(str(item.soft_deleted)), timestamp(item.created)
            if (
                any(pattern.fullmatch(item.name) for pattern in patterns)
                and _within(deleted, body.get("softDeletedAfterTime"), body.get("softDeletedBeforeTime"))
                and _within(created, body.get("createdAfterTime"), body.get("createdBeforeTime"))
            ):
                newest[item.name] = item
        return list(newest.values())

    def _restore(self, item: StoredObject, *, overwrites: bool) -> str:
        conditions = Preconditions() if overwrites else Preconditions(generation_match=0)
        source = ObjectSource(bucket=item.bucket, name=item.name, generation=item.generation)
        try:
            self._store.transfers.restore(source, conditions)
        except ApiError as error:
            return "skipped" if error.code == HTTPStatus.PRECONDITION_FAILED else "failed"
        return "succeeded"


def _within(time: datetime, after: str | None, before: str | None) -> bool:
    return (not after or time > timestamp(after)) and (not before or time < timestamp(before))
