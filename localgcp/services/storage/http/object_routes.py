"""The objects of the JSON API: https://cloud.google.com/storage/docs/json_api/v1/objects."""

from collections.abc import Callable
from typing import Any

from localgcp.core.conventions.errors import condition_not_met, invalid_argument, unimplemented
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.storage.conventions.encryption import COPY_SOURCE, check_key, customer_key, target_keys
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.downloads.download import download
from localgcp.services.storage.http.bucket_routes import LARGEST_PAGE, page_size
from localgcp.services.storage.objects.listing import ListQuery
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore

_Transfer = Callable[[ObjectSource, ObjectTarget], StoredObject]


class ObjectRoutes:
    """`storage.objects.*`, except for uploads and restores."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "storage.objects.get": self.get,
            "storage.objects.list": self.list,
            "storage.objects.delete": self.delete,
            "storage.objects.patch": lambda request: self._change(request, merge=True),
            "storage.objects.update": lambda request: self._change(request, merge=False),
            "storage.objects.copy": self.copy,
            "storage.objects.move": self.move,
            "storage.objects.rewrite": self.rewrite,
            "storage.objects.compose": self.compose,
        }

    def get(self, request: Request) -> Reply:
        """Return the metadata of an object, or its bytes with `alt=media`."""
        generation = integer("generation", request.one("generation"))
        bucket, name = request.params["bucket"], request.params["object"]
        if request.flag("softDeleted"):
            return Reply(body=self._soft_deleted(request, generation))
        key = customer_key(request.headers)
        stored = self._store.get_object(bucket, name, generation, Preconditions.read(request.one))
        if request.headers.get("if-match", stored.etag) != stored.etag:
            raise condition_not_met(f"{bucket}/{name}: its ETag is {stored.etag}, not {request.headers['if-match']}.")
        if request.headers.get("if-none-match") == stored.etag:
            return Reply(status=304, headers={"ETag": stored.etag})
        if request.one("alt") == "media":
            return download(request, stored, self._store.keyed_path(stored, key), stored.media_headers())
        if key is not None:
            check_key(stored.key_sha256, key)
        resource = self._store.object_resource(stored, request.base_url, has_key=key is not None)
        return Reply(body=resource, headers={"ETag": stored.etag})

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of the objects of a bucket, and of the prefixes that a delimiter groups them under."""
        if request.one("filter"):
            raise unimplemented(f"{request.method_id} with filter")
        query = ListQuery(
            prefix=request.one("prefix") or "",
            delimiter=request.one("delimiter") or "",
            start=request.one("startOffset") or "",
            end=request.one("endOffset") or "",
            glob=request.one("matchGlob") or "",
            include_trailing_delimiter=request.flag("includeTrailingDelimiter"),
            versions=request.flag("versions"),
            soft_deleted=request.flag("softDeleted"),
            page_size=min(page_size(request) or LARGEST_PAGE, LARGEST_PAGE),
            token=request.one("pageToken") or None,
        )
        if query.versions and query.soft_deleted:
            raise invalid_argument("A list request takes versions or softDeleted, not both.")
        found = self._store.page_of_objects(request.params["bucket"], query)
        listed: dict[str, Any] = {"kind": "storage#objects"}
        if found.items:
            listed["items"] = [self._store.object_resource(item, request.base_url) for item in found.items]
        if found.prefixes:
            listed["prefixes"] = found.prefixes
        return {**listed, "nextPageToken": found.next_token} if found.next_token else listed

    def delete(self, request: Request) -> Reply:
        """Delete an object."""
        self._store.delete_object(_present(request))
        return Reply(status=204)

    def copy(self, request: Request) -> dict[str, Any]:
        """Copy an object."""
        stored = self._transfer(request, self._store.transfers.copy, COPY_SOURCE)
        return self._store.object_resource(stored, request.base_url, has_key=True)

    def move(self, request: Request) -> dict[str, Any]:
        """Rename an object."""
        # The request has one key, because a rename neither reads nor writes bytes.
        stored = self._transfer(request, self._store.transfers.move, "x-goog-")
        return self._store.object_resource(stored, request.base_url, has_key=True)

    def rewrite(self, request: Request) -> dict[str, Any]:
        """Copy an object; one call always completes the copy."""
        stored = self._transfer(request, self._store.transfers.copy, COPY_SOURCE)
        size = str(stored.size_bytes)
        return {
            "kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size,
            "resource": self._store.object_resource(stored, request.base_url, has_key=True),
        }  # fmt: skip

    def compose(self, request: Request) -> dict[str, Any]:
        """Concatenate objects."""
        body, bucket = request.json(), request.params["destinationBucket"]
        sources = [_component(bucket, item) for item in body.get("sourceObjects", [])]
        stored = self._store.transfers.compose(sources, _target(request, body.get("destination") or {}))
        if body.get("deleteSourceObjects"):
            for source in sources:
                self._store.delete_object(source)
        return self._store.object_resource(stored, request.base_url, has_key=True)

    def _change(self, request: Request, *, merge: bool) -> dict[str, Any]:
        overrides = request.flag("overrideUnlockedRetention")
        stored = self._store.change_object(
            _present(request), request.json(), merge=merge, overrides_retention=overrides
        )
        return self._store.object_resource(stored, request.base_url)

    def _soft_deleted(self, request: Request, generation: int | None) -> dict[str, Any]:
        if generation is None or request.one("alt") == "media":
            raise invalid_argument(
                "Read the metadata of a soft-deleted object by its generation; restore the object to read its bytes."
            )
        found = self._store.get_soft_deleted(request.params["bucket"], request.params["object"], generation)
        return self._store.object_resource(found, request.base_url)

    def _transfer(self, request: Request, transfer: _Transfer, key_prefix: str) -> StoredObject:
        source = ObjectSource(
            bucket=request.params.get("sourceBucket") or request.params["bucket"],
            name=request.params["sourceObject"],
            generation=integer("sourceGeneration", request.one("sourceGeneration")),
            conditions=Preconditions.read(request.one, "ifSource"),
            key_sha256=customer_key(request.headers, key_prefix),
        )
        return transfer(source, _target(request, request.json()))


def _present(request: Request) -> ObjectSource:
    return ObjectSource(
        bucket=request.params["bucket"],
        name=request.params["object"],
        generation=integer("generation", request.one("generation")),
        conditions=Preconditions.read(request.one),
    )


def _target(request: Request, settings: dict[str, Any]) -> ObjectTarget:
    kms_key = request.one("destinationKmsKeyName") or request.one("kmsKeyName")
    return ObjectTarget(
        bucket=request.params.get("destinationBucket") or request.params["bucket"],
        name=request.params["destinationObject"],
        settings=settings,
        conditions=Preconditions.read(request.one),
        **target_keys(request.headers, kms_key),
    )


def _component(bucket: str, item: dict[str, Any]) -> ObjectSource:
    if not item.get("name"):
        raise invalid_argument("Required parameter: sourceObjects[].name", "required")
    conditions = item.get("objectPreconditions") or {}
    match = integer("ifGenerationMatch", conditions.get("ifGenerationMatch"))
    generation = integer("generation", item.get("generation"))
    return ObjectSource(
        bucket=bucket, name=item["name"], generation=generation, conditions=Preconditions(generation_match=match)
    )
