"""Uploads that take several requests: multipart uploads and resumable uploads.

https://cloud.google.com/storage/docs/xml-api/post-object-multipart,
https://cloud.google.com/storage/docs/xml-api/post-object-resumable
"""

import os
from functools import partial

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.storage.conventions.encryption import check_key, customer_key
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.http.xmlapi import headers as wire
from localgcp.services.storage.http.xmlapi.elements import UPLOADS, Element, document, parts_of
from localgcp.services.storage.http.xmlapi.methods import PREFIX
from localgcp.services.storage.http.xmlapi.objects import checked, target, written
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.bodies import pieces
from localgcp.services.storage.uploads.media import content_range, stated_hashes
from localgcp.services.storage.uploads.multipart import MultipartUpload, UploadedPart

_CLIENT_CLOSED_REQUEST = 499
_RESUME_INCOMPLETE = 308
_LARGEST_PAGE = 1000


class XmlUploadRoutes:
    """The methods of multipart and resumable uploads."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            f"{PREFIX}initiateMultipartUpload": self.initiate,
            f"{PREFIX}uploadPart": self.part,
            f"{PREFIX}completeMultipartUpload": self.complete,
            f"{PREFIX}abortMultipartUpload": self.abort,
            f"{PREFIX}listParts": self.parts,
            f"{PREFIX}listMultipartUploads": self.uploads,
            f"{PREFIX}startResumableUpload": self.start,
            f"{PREFIX}resumeUpload": self.resume,
            f"{PREFIX}cancelResumableUpload": self.cancel,
        }

    def initiate(self, request: Request) -> Reply:
        """Start a multipart upload."""
        upload = self._store.multiparts.start(target(request))
        return document("InitiateMultipartUploadResult", [*_names(request), ("UploadId", upload.id)], UPLOADS)

    def part(self, request: Request) -> Reply:
        """Store one part of a multipart upload."""
        if not request.is_whole:
            raise invalid_argument("The connection ended within the body.")
        number = integer("partNumber", request.one("partNumber"))
        check = partial(checked, stated_hashes({}, request.headers))
        upload = self._upload(request)
        check_key(upload.target.key_sha256, customer_key(request.headers))
        found = self._store.multiparts.put_part(upload, number or 0, pieces(request.reader()), check)
        hashes = f"crc32c={found.written.crc32c},md5={found.written.md5}"
        return Reply(headers={"ETag": found.etag, "X-Goog-Hash": hashes})

    def complete(self, request: Request) -> Reply:
        """Complete a multipart upload."""
        stored = self._store.multiparts.complete(self._upload(request), parts_of(request.body))
        location = ("Location", request.base_url + request.path)
        found = document(
            "CompleteMultipartUploadResult", [location, *_names(request), ("ETag", wire.etag(stored))], UPLOADS
        )
        return Reply(body=found.body, headers={**written(stored).headers, **found.headers})

    def abort(self, request: Request) -> Reply:
        """Abort a multipart upload."""
        self._store.multiparts.abort(self._upload(request))
        return Reply(status=204)

    def parts(self, request: Request) -> Reply:
        """Return a page of the parts of a multipart upload."""
        after = integer("part-number-marker", request.one("part-number-marker")) or 0
        most = min(integer("max-parts", request.one("max-parts")) or _LARGEST_PAGE, _LARGEST_PAGE)
        found = [part for part in self._upload(request).in_order() if part.number > after]
        page = found[:most]
        inner: list[Element] = [
            *_names(request), ("UploadId", request.one("uploadId")), ("StorageClass", "STANDARD"),
            ("PartNumberMarker", after), ("NextPartNumberMarker", page[-1].number if page else after),
            ("MaxParts", most), ("IsTruncated", str(len(found) > most).lower()), *map(_part, page),
        ]  # fmt: skip
        return document("ListPartsResult", inner, UPLOADS)

    def uploads(self, request: Request) -> Reply:
        """Return the unfinished multipart uploads to a bucket."""
        prefix, bucket = request.one("prefix") or "", request.params["bucket"]
        found = [item for item in self._store.multiparts.of_bucket(bucket) if item.target.name.startswith(prefix)]
        inner: list[Element] = [("Bucket", bucket), ("Prefix", prefix), ("IsTruncated", "false"), *map(_upload, found)]
        return document("ListMultipartUploadsResult", inner, UPLOADS)

    def start(self, request: Request) -> Reply:
        """Start a resumable upload."""
        if request.headers.get("x-goog-resumable") != "start":
            raise invalid_argument(
                "A POST to an object needs the header x-goog-resumable: start, or the parameter uploads."
            )
        size = integer("x-upload-content-length", request.headers.get("x-upload-content-length"))
        session = self._store.uploads.start(target(request), stated_hashes({}, request.headers), size)
        location = f"{request.base_url}{request.path}?upload_id={session}"
        return Reply(status=201, headers={"Location": location, "X-GUploader-UploadID": session})

    def resume(self, request: Request) -> Reply:
        """Append bytes to a resumable upload, or return how many bytes have arrived."""
        body, session = request.reader(), request.one("upload_id") or ""
        length = body.seek(0, os.SEEK_END)
        part = content_range(request.headers.get("content-range"), length, is_whole=request.is_whole)
        hashes = stated_hashes({}, request.headers)
        uploads = self._store.uploads
        progress = (
            uploads.receive(session, part, body, hashes)
            if request.is_whole
            else uploads.receive_broken_off(session, part, body)
        )
        if progress.result is not None:
            return written(progress.result)
        arrived = {"Range": f"bytes=0-{progress.size_bytes - 1}"} if progress.size_bytes else {}
        return Reply(status=_RESUME_INCOMPLETE, headers={"X-GUploader-UploadID": session, **arrived})

    def cancel(self, request: Request) -> Reply:
        """Cancel a resumable upload."""
        self._store.uploads.cancel(request.one("upload_id") or "")
        return Reply(status=_CLIENT_CLOSED_REQUEST)

    def _upload(self, request: Request) -> MultipartUpload:
        return self._store.multiparts.get(
            request.params["bucket"], request.params["object"], request.one("uploadId") or ""
        )


def _names(request: Request) -> list[Element]:
    return [("Bucket", request.params["bucket"]), ("Key", request.params["object"])]


def _part(part: UploadedPart) -> Element:
    return "Part", [
        ("PartNumber", part.number), ("LastModified", part.created), ("ETag", part.etag),
        ("Size", part.written.size_bytes),
    ]  # fmt: skip


def _upload(upload: MultipartUpload) -> Element:
    return "Upload", [
        ("Key", upload.target.name), ("UploadId", upload.id), ("StorageClass", "STANDARD"),
        ("Initiated", upload.created),
    ]  # fmt: skip
