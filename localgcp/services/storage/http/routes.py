"""The HTTP side of Cloud Storage: https://cloud.google.com/storage/docs/json_api/v1."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from localgcp.core.http.errors import condition_not_met, invalid_argument, unimplemented
from localgcp.core.http.routing import Handler, Reply, Request, Service
from localgcp.services.storage.conventions.encryption import COPY_SOURCE, check_key, customer_key, target_keys
from localgcp.services.storage.conventions.preconditions import Preconditions, integer
from localgcp.services.storage.downloads.download import download
from localgcp.services.storage.http.batch import BATCH, Batch
from localgcp.services.storage.http.bucket_routes import LARGEST_PAGE, BucketRoutes, page_size
from localgcp.services.storage.http.policy_routes import PolicyRoutes
from localgcp.services.storage.http.relocation_routes import OperationRoutes
from localgcp.services.storage.http.restore_routes import RestoreRoutes
from localgcp.services.storage.http.upload_routes import CANCEL_UPLOAD, UploadRoutes
from localgcp.services.storage.http.xmlapi import routes as xml_routes
from localgcp.services.storage.objects import transfers
from localgcp.services.storage.objects.listing import ListQuery
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import Source, Target
from localgcp.services.storage.store import StorageStore

_Transfer = Callable[[StorageStore, Source, Target], StoredObject]


def service(store: StorageStore) -> Service:
    """Return the API's handlers."""
    uploads = UploadRoutes(store)
    handlers = {
        **BucketRoutes(store).handlers(),
        **ObjectRoutes(store).handlers(),
        **PolicyRoutes(store).handlers(),
        **OperationRoutes(store).handlers(),
        **RestoreRoutes(store).handlers(),
        "storage.objects.insert": uploads.insert,
        CANCEL_UPLOAD.id: uploads.cancel,
    }
    calls = Service(
        api="storage",
        version="v1",
        handlers={name: _refusing(handler) for name, handler in handlers.items()},
        extra=(CANCEL_UPLOAD,),
        streams_uploads=True,
    )
    batch = Batch(calls)
    return replace(
        calls,
        handlers={**calls.handlers, **xml_routes.handlers(store), BATCH.id: batch.answer},
        extra=(*calls.extra, BATCH),
        outside=xml_routes.outside(store),
    )


def _refusing(handler: Handler) -> Handler:
    """Answer 501 to the one parameter that would change the meaning of a call and is not served."""

    def answer(request: Request) -> Reply | dict[str, Any]:
        if request.one("restoreToken"):
            raise unimplemented(f"{request.method_id} with restoreToken")
        return handler(request)

    return answer


class ObjectRoutes:
    """`storage.objects.*`, uploads excepted."""

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
            "storage.objects.copy": lambda request: self._transferred(request, transfers.copy),
            "storage.objects.move": lambda request: self._transferred(request, transfers.move),
            "storage.objects.rewrite": self.rewrite,
            "storage.objects.compose": self.compose,
        }

    def get(self, request: Request) -> Reply:
        """Return an object's metadata, or with `alt=media` its bytes."""
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
        shown = self._store.keeper.shown(stored, request.base_url, has_key=key is not None)
        return Reply(body=shown, headers={"ETag": stored.etag})

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of a bucket's objects, and of the prefixes that a delimiter folds them into."""
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
            raise invalid_argument("A list has either versions or softDeleted, not both.")
        found = self._store.page_of_objects(request.params["bucket"], query)
        listed: dict[str, Any] = {"kind": "storage#objects"}
        if found.items:
            listed["items"] = [self._store.keeper.shown(item, request.base_url) for item in found.items]
        if found.prefixes:
            listed["prefixes"] = found.prefixes
        return {**listed, "nextPageToken": found.next_token} if found.next_token else listed

    def delete(self, request: Request) -> Reply:
        """Delete an object."""
        self._store.delete_object(_present(request))
        return Reply(status=204)

    def rewrite(self, request: Request) -> dict[str, Any]:
        """Copy an object; always done in one call."""
        stored = self._transfer(request, transfers.copy)
        size = str(stored.size_bytes)
        return {
            "kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size,
            "resource": self._store.keeper.shown(stored, request.base_url, has_key=True),
        }  # fmt: skip

    def compose(self, request: Request) -> dict[str, Any]:
        """Join objects into one."""
        body, bucket = request.json(), request.params["destinationBucket"]
        sources = [_component(bucket, item) for item in body.get("sourceObjects", [])]
        stored = transfers.compose(self._store, sources, _target(request, body.get("destination") or {}))
        if body.get("deleteSourceObjects"):
            for source in sources:
                self._store.delete_object(source)
        return self._store.keeper.shown(stored, request.base_url, has_key=True)

    def _change(self, request: Request, *, merge: bool) -> dict[str, Any]:
        overrides = request.flag("overrideUnlockedRetention")
        stored = self._store.change_object(
            _present(request), request.json(), merge=merge, overrides_retention=overrides
        )
        return self._store.keeper.shown(stored, request.base_url)

    def _soft_deleted(self, request: Request, generation: int | None) -> dict[str, Any]:
        if generation is None or request.one("alt") == "media":
            raise invalid_argument(
                "The metadata of a soft-deleted object is read by its generation; restore the bytes."
            )
        found = self._store.get_soft_deleted(request.params["bucket"], request.params["object"], generation)
        return self._store.keeper.shown(found, request.base_url)

    def _transferred(self, request: Request, transfer: _Transfer) -> dict[str, Any]:
        return self._store.keeper.shown(self._transfer(request, transfer), request.base_url, has_key=True)

    def _transfer(self, request: Request, transfer: _Transfer) -> StoredObject:
        # A move names one key, as nothing is read or written by it.
        prefix = "x-goog-" if transfer is transfers.move else COPY_SOURCE
        source = Source(
            bucket=request.params.get("sourceBucket") or request.params["bucket"],
            name=request.params["sourceObject"],
            generation=integer("sourceGeneration", request.one("sourceGeneration")),
            conditions=Preconditions.read(request.one, "ifSource"),
            key_sha256=customer_key(request.headers, prefix),
        )
        return transfer(self._store, source, _target(request, request.json()))


def _present(request: Request) -> Source:
    return Source(
        bucket=request.params["bucket"],
        name=request.params["object"],
        generation=integer("generation", request.one("generation")),
        conditions=Preconditions.read(request.one),
    )


def _target(request: Request, settings: dict[str, Any]) -> Target:
    kms_key = request.one("destinationKmsKeyName") or request.one("kmsKeyName")
    return Target(
        bucket=request.params.get("destinationBucket") or request.params["bucket"],
        name=request.params["destinationObject"],
        settings=settings,
        conditions=Preconditions.read(request.one),
        **target_keys(request.headers, kms_key),
    )


def _component(bucket: str, item: dict[str, Any]) -> Source:
    if not item.get("name"):
        raise invalid_argument("Required: each of sourceObjects needs a name.", "required")
    conditions = item.get("objectPreconditions") or {}
    match = integer("ifGenerationMatch", conditions.get("ifGenerationMatch"))
    generation = integer("generation", item.get("generation"))
    return Source(
        bucket=bucket, name=item["name"], generation=generation, conditions=Preconditions(generation_match=match)
    )
