"""Single objects, and the properties of a bucket: https://cloud.google.com/storage/docs/xml-api/reference-methods."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.storage.conventions.encryption import COPY_SOURCE, customer_key, target_keys
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.downloads.download import download
from localgcp.services.storage.http.xmlapi import headers as wire
from localgcp.services.storage.http.xmlapi.elements import document, with_code
from localgcp.services.storage.http.xmlapi.methods import PREFIX
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.bodies import pieces
from localgcp.services.storage.uploads.media import check_hashes, stated_hashes

_COPY = ("x-goog-copy-source", "x-amz-copy-source")
_UPLOAD_HEADERS = ("ETag", "X-Goog-Generation", "X-Goog-Metageneration", "X-Goog-Hash", "X-Goog-Stored-Content-Length")


class XmlObjectRoutes:
    """The methods of single objects, `headBucket` and `getBucketLocation`."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            f"{PREFIX}getObject": self.get,
            f"{PREFIX}headObject": self.head,
            f"{PREFIX}putObject": self.put,
            f"{PREFIX}deleteObject": self.delete,
            f"{PREFIX}headBucket": lambda _request: Reply(),
            f"{PREFIX}getBucketLocation": self.location,
        }

    def get(self, request: Request) -> Reply:
        """Return the bytes of an object, or a range of them."""
        stored = self._read(request)
        if wire.is_unchanged(request.headers, stored):
            return Reply(status=304, headers={"ETag": wire.etag(stored)})
        return download(request, stored, self._path(request, stored), wire.of_object(stored))

    def head(self, request: Request) -> Reply:
        """Return the headers of an object."""
        stored = self._read(request)
        if wire.is_unchanged(request.headers, stored):
            return Reply(status=304, headers={"ETag": wire.etag(stored)})
        self._path(request, stored)  # refuses a request without the key of the object
        return Reply(headers={**wire.of_object(stored), "content-length": str(stored.size_bytes)})

    def put(self, request: Request) -> Reply:
        """Write an object, or copy one (`x-goog-copy-source`)."""
        if source := next((request.headers[name] for name in _COPY if name in request.headers), None):
            return self._copy(request, source)
        if not request.is_whole:
            raise invalid_argument("The connection ended within the body.")
        check = partial(checked, stated_hashes({}, request.headers))
        return written(self._store.write(target(request), pieces(request.reader()), check))

    def delete(self, request: Request) -> Reply:
        """Delete an object."""
        self._store.delete_object(_source(request))
        return Reply(status=204)

    def location(self, request: Request) -> Reply:
        """Return the location of a bucket."""
        bucket = self._store.buckets.get(request.params["bucket"])
        # The document has no child elements, only text.
        return Reply(
            body=f"<?xml version='1.0' encoding='UTF-8'?>\n<LocationConstraint>{bucket.location}</LocationConstraint>"
            .encode(),
            headers={"Content-Type": "application/xml; charset=UTF-8"},
        )  # fmt: skip

    def _copy(self, request: Request, path: str) -> Reply:
        bucket, _, name = unquote(path.removeprefix("/")).partition("/")
        generation = integer("x-goog-copy-source-generation", request.headers.get("x-goog-copy-source-generation"))
        conditions = wire.preconditions(request.headers, "x-goog-copy-source-")
        to = target(request)
        if request.headers.get("x-goog-metadata-directive", "COPY").upper() != "REPLACE":
            to = replace(to, settings={})
        key = customer_key(request.headers, COPY_SOURCE)
        source = ObjectSource(bucket=bucket, name=name, generation=generation, conditions=conditions, key_sha256=key)
        stored = self._store.copy(source, to)
        found = document("CopyObjectResult", [("LastModified", stored.updated), ("ETag", wire.etag(stored))])
        return Reply(body=found.body, headers={**found.headers, **written(stored).headers})

    def _path(self, request: Request, stored: StoredObject) -> Path:
        return self._store.keyed_path(stored, customer_key(request.headers))

    def _read(self, request: Request) -> StoredObject:
        source = _source(request)
        return self._store.get_object(source.bucket, source.name, source.generation, source.conditions)


def target(request: Request) -> ObjectTarget:
    """Return the object that an upload writes, with the metadata in the headers."""
    settings, conditions = wire.settings(request.headers), wire.preconditions(request.headers)
    return ObjectTarget(
        bucket=request.params["bucket"], name=request.params["object"], settings=settings, conditions=conditions,
        **target_keys(request.headers, request.headers.get("x-goog-encryption-kms-key-name")),
    )  # fmt: skip


def written(stored: StoredObject) -> Reply:
    """Return the response to an upload."""
    headers = wire.of_object(stored)
    return Reply(headers={name: headers[name] for name in _UPLOAD_HEADERS})


def checked(stated: dict[str, str], content: ContentFile) -> None:
    """Compare the uploaded bytes with the digests that the client states.

    Raises:
        ApiError: 400 with the code `BadDigest`, by which clients recognise the error.
    """
    try:
        check_hashes(content, stated)
    except ApiError as error:
        raise with_code(error, "BadDigest") from error


def _source(request: Request) -> ObjectSource:
    return ObjectSource(
        bucket=request.params["bucket"], name=request.params["object"],
        generation=integer("generation", request.one("generation")), conditions=wire.preconditions(request.headers),
    )  # fmt: skip
