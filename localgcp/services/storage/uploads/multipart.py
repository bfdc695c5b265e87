"""Multipart uploads of the XML API: parts in any order, joined when the client says so.

https://cloud.google.com/storage/docs/multipart-uploads. Each part is a complete content of its own until the upload
ends; the record of the upload names them, so a restarted server goes on with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from localgcp.core.http.errors import ApiError, invalid_argument
from localgcp.core.state.operations import now
from localgcp.core.state.state import State
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.content import Written
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import Target

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore

_LEAST_BYTES = 5 << 20
_MOST_PARTS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part that has arrived; `etag` is the quoted MD5 of its bytes."""

    number: int
    etag: str
    written: Written
    created: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Multipart:
    """One upload that is under way.

    Attributes:
        parts: by their number, as text.
    """

    id: str
    target: Target
    created: str
    parts: Mapping[str, Part] = field(default_factory=dict)

    def in_order(self) -> list[Part]:
        """Return the parts by number."""
        return sorted(self.parts.values(), key=lambda part: part.number)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        target = Target(**{**raw["target"], "conditions": Preconditions(**raw["target"]["conditions"])})
        parts = {
            number: Part(**{**part, "written": Written(**part["written"])}) for number, part in raw["parts"].items()
        }
        return cls(id=raw["id"], target=target, created=raw["created"], parts=parts)


class Multiparts:
    """The multipart uploads of one server."""

    def __init__(self, state: State, store: "StorageStore") -> None:
        self._items = state.collection("storage.multipart")
        self._lock = state.lock
        self._store = store

    def contents(self) -> set[str]:
        """Return the content ids of all parts."""
        found = [Multipart.from_json(raw) for raw in self._items.values()]
        return {part.written.content_id for upload in found for part in upload.parts.values()}

    def start(self, target: Target) -> Multipart:
        """Open an upload.

        Raises:
            ApiError: 404 for the bucket, 400 for the name.
        """
        self._store.publisher.check_target(target)
        return self._put(Multipart(id=uuid4().hex, target=target, created=now()))

    def put_part(
        self, upload: Multipart, number: int, chunks: Iterable[bytes], check: Callable[[Written], None]
    ) -> Part:
        """Take one part; it replaces a former one of its number.

        Args:
            check: looks at what was written, and raises to refuse it.

        Raises:
            ApiError: 400 for the number, 404 where the upload has ended, what `check` raises.
        """
        if not 1 <= number <= _MOST_PARTS:
            raise invalid_argument(f"A part has a number from 1 to {_MOST_PARTS}, not {number}.")
        written = self._store.content.write(chunks)
        try:
            check(written)
            part = Part(number=number, etag=f'"{written.md5_hex}"', written=written, created=now())
            with self._lock:
                present = self.get(upload.target.bucket, upload.target.name, upload.id)
                self._put(replace(present, parts={**present.parts, str(number): part}))
        except BaseException:
            self._store.content.remove(written.content_id)
            raise
        if former := present.parts.get(str(number)):
            self._store.content.retire(former.written.content_id)
        return part

    def complete(self, upload: Multipart, wanted: Sequence[tuple[int, str]]) -> StoredObject:
        """Join the parts that a client lists; the others are dropped.

        Raises:
            ApiError: 400 for a list that does not fit the parts, 412 for the conditions.
        """
        parts = _listed(upload, wanted)
        content = self._store.content
        written = content.write(chunk for part in parts for chunk in content.read(part.written.content_id))
        # Such objects have no MD5 on Google.
        stored = self._store.publisher.publish(upload.target, replace(written, md5=""))
        self.abort(upload)
        return stored

    def abort(self, upload: Multipart) -> None:
        """End an upload, and free its parts."""
        self._items.delete(upload.id)
        for part in upload.parts.values():
            self._store.content.retire(part.written.content_id)

    def get(self, bucket: str, name: str, upload_id: str) -> Multipart:
        """Return an upload.

        Raises:
            ApiError: 404 where there is none of that id for that object.
        """
        raw = self._items.get(upload_id)
        if raw is None or (raw["target"]["bucket"], raw["target"]["name"]) != (bucket, name):
            message = f"The upload {upload_id} of {bucket}/{name} does not exist, or has ended."
            raise ApiError(404, "NOT_FOUND", message, "NoSuchUpload")
        return Multipart.from_json(raw)

    def of_bucket(self, bucket: str) -> list[Multipart]:
        """Return the uploads to a bucket by object, the oldest first."""
        found = [Multipart.from_json(raw) for raw in self._items.values() if raw["target"]["bucket"] == bucket]
        return sorted(found, key=lambda upload: (upload.target.name, upload.created))

    def _put(self, upload: Multipart) -> Multipart:
        self._items.put(upload.id, asdict(upload))
        return upload


def _listed(upload: Multipart, wanted: Sequence[tuple[int, str]]) -> list[Part]:
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
