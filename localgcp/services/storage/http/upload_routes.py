"""Uploads of the JSON API: simple, multipart and resumable.

https://cloud.google.com/storage/docs/uploads-downloads#uploads
"""

import os
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http.discovery import Method, document_of
from localgcp.core.http.routing import Reply, Request, parse_json
from localgcp.services.storage.conventions.encryption import target_keys
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.objects.targets import ObjectTarget
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.bodies import pieces, related
from localgcp.services.storage.uploads.media import check_hashes, content_range, stated_hashes
from localgcp.services.storage.uploads.session import UploadProgress

CANCEL_UPLOAD = Method(
    id="storage.objects.cancelUpload", verb="DELETE", path="/upload/storage/v1/b/{bucket}/o", parameters={},
    request_schema=None, is_upload=True,
)  # fmt: skip
_CLIENT_CLOSED_REQUEST = 499  # Google's answer to the cancellation of an upload
_RESUME_INCOMPLETE = 308
# The Python client spells this parameter differently in uploads.
_SPELLINGS = {"ifMetagenerationNotMatch": "ifMetaGenerationNotMatch"}


class UploadRoutes:
    """`storage.objects.insert`, and the cancellation of a resumable upload."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store
        self._document = document_of("storage", "v1")

    def insert(self, request: Request) -> Reply:
        """Write an object, or start or continue a resumable upload."""
        if not request.is_upload:
            path = f"/upload{request.path}"
            raise invalid_argument(
                f"Upload the object to {path} with an uploadType, not to {request.path}.", "wrongUrlForUpload"
            )
        if request.one("upload_id"):
            return self._continue(request)
        if not request.is_whole:
            raise invalid_argument("The connection ended within the body.")
        forms = {"media": self._simple, "multipart": self._multipart, "resumable": self._start}
        upload_type = request.one("uploadType") or ""
        if upload_type not in forms or request.verb != "POST":
            raise invalid_argument(
                f"An upload needs POST and an uploadType of {', '.join(forms)}, not {request.verb} and {upload_type!r}."
            )
        return forms[upload_type](request)

    def cancel(self, request: Request) -> Reply:
        """Cancel a resumable upload."""
        self._store.uploads.cancel(request.one("upload_id") or "")
        return Reply(status=_CLIENT_CLOSED_REQUEST)

    def _simple(self, request: Request) -> Reply:
        return self._write(request, {}, pieces(request.reader()), request.headers.get("content-type"))

    def _multipart(self, request: Request) -> Reply:
        parts = related(request.headers.get("content-type", ""), request.reader())
        content_type = parts.media_headers.get("content-type")
        return self._write(request, self._metadata(parts.metadata), parts.media, content_type)

    def _write(
        self, request: Request, metadata: dict[str, Any], data: Iterable[bytes], content_type: str | None
    ) -> Reply:
        target = _target(request, metadata, content_type)
        stated = stated_hashes(metadata, request.headers)
        stored = self._store.write(target, data, lambda written: check_hashes(written, stated))
        return Reply(body=self._store.object_resource(stored, request.base_url, has_key=True))

    def _start(self, request: Request) -> Reply:
        metadata = self._metadata(request.reader().read())
        target = _target(request, metadata, request.headers.get("x-upload-content-type"))
        size = integer("X-Upload-Content-Length", request.headers.get("x-upload-content-length"))
        session_id = self._store.uploads.start(target, stated_hashes(metadata, request.headers), size)
        # The response to the last request of the session has the fields that its first request selected.
        kept = {name: value for name in ("fields", "$fields") if (value := request.one(name))}
        query = urlencode({"uploadType": "resumable", **kept, "upload_id": session_id})
        location = f"{request.base_url}{request.path}?{query}"
        return Reply(headers={"Location": location, "X-GUploader-UploadID": session_id})

    def _continue(self, request: Request) -> Reply:
        body, session_id = request.reader(), request.one("upload_id") or ""
        length = body.seek(0, os.SEEK_END)
        part = content_range(request.headers.get("content-range"), length, is_whole=request.is_whole)
        if not request.is_whole:
            return self._progress(request, self._store.uploads.receive_broken_off(session_id, part, body))
        hashes = stated_hashes({}, request.headers)
        return self._progress(request, self._store.uploads.receive(session_id, part, body, hashes))

    def _progress(self, request: Request, progress: UploadProgress) -> Reply:
        if progress.result is not None:
            return Reply(body=self._store.object_resource(progress.result, request.base_url, has_key=True))
        headers = {"X-GUploader-UploadID": request.one("upload_id") or uuid4().hex}
        if progress.size_bytes:
            headers["Range"] = f"bytes=0-{progress.size_bytes - 1}"
        return Reply(status=_RESUME_INCOMPLETE, headers=headers)

    def _metadata(self, body: bytes) -> dict[str, Any]:
        """Read the Object resource in an upload, and check it, because the router does not see it."""
        metadata = parse_json(body)
        self._document.check_body("Object", metadata)
        return metadata


def _target(request: Request, metadata: dict[str, Any], content_type: str | None) -> ObjectTarget:
    name = request.one("name") or metadata.get("name")
    if not name:
        raise invalid_argument(
            "Required: an upload needs the object's name, as a parameter or in its metadata.", "required"
        )
    settings = dict(metadata)
    if content_type:
        settings.setdefault("contentType", content_type)
    if encoding := request.one("contentEncoding"):
        settings["contentEncoding"] = encoding
    return ObjectTarget(
        bucket=request.params["bucket"],
        name=name,
        settings=settings,
        conditions=Preconditions.read(lambda name: request.one(name) or request.one(_SPELLINGS.get(name, name))),
        **target_keys(request.headers, request.one("kmsKeyName")),
    )
