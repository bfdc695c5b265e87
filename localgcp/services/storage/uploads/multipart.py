"""Multipart uploads of the XML API: parts arrive in any order, and the client says when to join them.

https://cloud.google.com/storage/docs/multipart-uploads. Each part is a content file of its own until the upload ends.
The record of the upload names these files, so that a restarted server continues the upload.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.services.storage.buckets.lifecycle import Facts, is_aborted, rules_of
from localgcp.services.storage.buckets.resources import Bucket
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import timestamp
from localgcp.services.storage.objects.commit import ObjectCommit
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.targets import ObjectTarget

_LEAST_BYTES = 5 << 20
_MOST_PARTS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedPart:
    """One part that has arrived; `etag` is the quoted MD5 of its bytes."""

    number: int
    etag: str
    written: ContentFile
    created: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MultipartUpload:
    """One unfinished upload.

    Attributes:
        parts: the parts so far, under their numbers as text.
    """

    id: str
    target: ObjectTarget
    created: str
    parts: Mapping[str, UploadedPart] = field(default_factory=dict)

    def in_order(self) -> list[UploadedPart]:
        """Return the parts by number."""
        return sorted(self.parts.values(), key=lambda part: part.number)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        target = ObjectTarget(**{**raw["target"], "conditions": Preconditions(**raw["target"]["conditions"])})
        parts = {
            number: UploadedPart(**{**part, "written": ContentFile(**part["written"])})
            for number, part in raw["parts"].items()
        }
        timestamp(raw["created"])
        return cls(id=raw["id"], target=target, created=raw["created"], parts=parts)


class MultipartUploads:
    """The multipart uploads of one server."""

    def __init__(self, state: State, data: StoredData, commit: ObjectCommit) -> None:
        """Load the unfinished uploads."""
        self._collection = state.collection("storage.multipart")
        self._uploads = self._collection.records(MultipartUpload.from_json)
        self._data = data
        self._commit = commit

    def content_ids(self) -> set[str]:
        """Return the content files of all parts."""
        return {part.written.content_id for upload in self._uploads.values() for part in upload.parts.values()}

    def start(self, target: ObjectTarget) -> MultipartUpload:
        """Open an upload.

        Raises:
            ApiError: 404 for the bucket, 400 for the name.
        """
        self._commit.check_target(target)
        return self._put(MultipartUpload(id=uuid4().hex, target=target, created=CLOCK.text()))

    def put_part(
        self, upload: MultipartUpload, number: int, chunks: Iterable[bytes], check: Callable[[ContentFile], None]
    ) -> UploadedPart:
        """Store one part; it replaces an earlier part of its number.

        Args:
            chunks: the bytes of the part.
            check: raises to refuse the content.

        Raises:
            ApiError: 400 for the number, 404 if the upload has ended, whatever `check` raises.
        """
        if not 1 <= number <= _MOST_PARTS:
            raise invalid_argument(f"A part has a number from 1 to {_MOST_PARTS}, not {number}.")
        written = self._data.content.write(chunks)
        try:
            check(written)
            part = UploadedPart(number=number, etag=f'"{written.md5_hex}"', written=written, created=CLOCK.text())
            with self._data.lock:
                present = self.get(upload.target.bucket, upload.target.name, upload.id)
                self._put(replace(present, parts={**present.parts, str(number): part}))
        except BaseException:
            self._data.content.remove(written.content_id)
            raise
        if former := present.parts.get(str(number)):
            self._data.content.retire(former.written.content_id)
        return part

    def complete(self, upload: MultipartUpload, wanted: Sequence[tuple[int, str]]) -> StoredObject:
        """Join the parts that the client lists, and drop all others.

        Args:
            wanted: the number and the ETag of each part.

        Raises:
            ApiError: 400 for a list that does not match the parts, 412 for the conditions.
        """
        parts = _listed_parts(upload, wanted)
        content = self._data.content
        joined = content.write(chunk for part in parts for chunk in content.read(part.written.content_id))
        # On Google, an object from a multipart upload has no MD5.
        stored = self._commit.commit(upload.target, replace(joined, md5=""))
        self.abort(upload)
        return stored

    def abort(self, upload: MultipartUpload) -> None:
        """End an upload, and free its parts."""
        with self._data.lock:
            self._collection.delete(upload.id)
            self._uploads.pop(upload.id, None)
        for part in upload.parts.values():
            self._data.content.retire(part.written.content_id)

    def abort_by_rules(self, bucket: Bucket, time_now: datetime) -> None:
        """Abort the uploads to a bucket that its lifecycle rules abort at this time."""
        if not (rules := rules_of(bucket.settings)):
            return
        for upload in self.of_bucket(bucket.name):
            if is_aborted(rules, Facts(name=upload.target.name, created=timestamp(upload.created)), time_now):
                self.abort(upload)

    def get(self, bucket: str, name: str, upload_id: str) -> MultipartUpload:
        """Return an upload.

        Raises:
            ApiError: 404 if the object has no upload of that id.
        """
        upload = self._uploads.get(upload_id)
        if upload is None or (upload.target.bucket, upload.target.name) != (bucket, name):
            message = f"The upload {upload_id} of {bucket}/{name} does not exist, or has ended."
            raise ApiError(404, "NOT_FOUND", message, "NoSuchUpload")
        return upload

    def of_bucket(self, bucket: str) -> list[MultipartUpload]:
        """Return the uploads to a bucket, sorted by object name and age."""
        with self._data.lock:
            found = [upload for upload in self._uploads.values() if upload.target.bucket == bucket]
        return sorted(found, key=lambda upload: (upload.target.name, upload.created))

    def _put(self, upload: MultipartUpload) -> MultipartUpload:
        with self._data.lock:
            self._collection.put(upload.id, asdict(upload))
            self._uploads[upload.id] = upload
        return upload


def _listed_parts(upload: MultipartUpload, wanted: Sequence[tuple[int, str]]) -> list[UploadedPart]:
    numbers = [number for number, _ in wanted]
    if numbers != sorted(set(numbers)):
        raise ApiError(400, "INVALID_ARGUMENT", "The parts are not listed in ascending order.", "InvalidPartOrder")
    for number, etag in wanted:
        part = upload.parts.get(str(number))
        if part is None or part.etag.strip('"') != etag.strip('"'):
            message = f"Part {number} with the ETag {etag} has not been uploaded."
            raise ApiError(400, "INVALID_ARGUMENT", message, "InvalidPart")
    parts = [upload.parts[str(number)] for number in numbers]
    for part in parts[:-1]:
        if part.written.size_bytes < _LEAST_BYTES:
            message = f"Part {part.number} has {part.written.size_bytes} bytes; all but the last need {_LEAST_BYTES}."
            raise ApiError(400, "INVALID_ARGUMENT", message, "EntityTooSmall")
    return parts
