"""The state and rules of Cloud Storage; what other services use in the same process.

Order of a write: bytes into a complete content file, preconditions, then one database statement that makes the object
visible. So no reader ever sees a part of an object, whenever the server is killed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from localgcp.clock import CLOCK
from localgcp.context import Context
from localgcp.errors import invalid_argument, not_found
from localgcp.operations import now
from localgcp.storage.buckets import Buckets
from localgcp.storage.content import ContentFolder, Written
from localgcp.storage.listing import ListPage, ListQuery
from localgcp.storage.names import check_object_name
from localgcp.storage.parts import Multiparts
from localgcp.storage.preconditions import Preconditions
from localgcp.storage.records import Records
from localgcp.storage.resources import Bucket, StoredObject, object_settings
from localgcp.storage.targets import Source, Target
from localgcp.storage.uploads import Uploads

_ANY = Preconditions()
_MOST_SOURCES = 32


class StorageStore:
    """All objects of one server.

    Attributes:
        buckets: their buckets.
        content: their bytes.
        uploads: the resumable uploads that are under way.
        multiparts: the multipart uploads that are under way.
    """

    def __init__(self, context: Context) -> None:
        """Load the state, and remove the content files that a killed server left."""
        self._lock = context.state.lock
        self._objects = Records(context.state)
        stored = [*self._objects.live(), *self._objects.former()]
        self._generation = max((item.generation for item in stored), default=0)
        self.buckets = Buckets(context, self._objects)
        self.content = ContentFolder(context.state.folder("storage"))
        sessions = context.state.collection("storage.uploads")
        self.multiparts = Multiparts(context.state, self)
        contents = {item.content_id for item in stored} | self.multiparts.contents()
        self.content.remove_orphans(contents, set(sessions.names()))
        self.uploads = Uploads(sessions, self)

    def create_bucket(self, name: str, project: str | None = None, location: str = "US") -> Bucket:
        """Make a bucket.

        Args:
            project: None is the server's own project.

        Raises:
            ApiError: 400 for the name, 409 where it is taken.
        """
        return self.buckets.create(name, project, location)

    def list_objects(self, bucket: str, prefix: str = "") -> list[StoredObject]:
        """Return the objects whose name begins with the prefix, sorted by name.

        Raises:
            ApiError: 404 for the bucket.
        """
        with self._lock:
            return self.buckets.index(bucket).under(prefix)

    def page_of_objects(self, bucket: str, query: ListQuery) -> ListPage:
        """Return one page of a list request.

        Raises:
            ApiError: 404 for the bucket, 400 for the page token or the glob.
        """
        with self._lock:
            return self.buckets.index(bucket).page(query)

    def get_object(
        self,
        bucket: str,
        name: str,
        generation: int | None = None,
        conditions: Preconditions = _ANY,
        *,
        is_read: bool = True,
    ) -> StoredObject:
        """Return an object.

        Args:
            generation: of a live or noncurrent version; None means whichever is live.
            is_read: a condition that excludes the present object is 304 instead of 412.

        Raises:
            ApiError: 404; 412 or 304 for the conditions.
        """
        stored = self.buckets.index(bucket).get(name, generation)
        if stored is None:
            suffix = "" if generation is None else f"#{generation}"
            raise not_found(f"No such object: {bucket}/{name}{suffix}")
        conditions.check(f"{bucket}/{name}", stored, is_read=is_read)
        return stored

    def content_path(self, stored: StoredObject) -> Path:
        """Return the file with an object's bytes, to be read only; it outlives a replaced object by 15 minutes."""
        return self.content.path(stored.content_id)

    def put_bytes(
        self, bucket: str, name: str, data: bytes, *, content_type: str = "application/octet-stream"
    ) -> StoredObject:
        """Write an object.

        Raises:
            ApiError: 404 for the bucket, 400 for the name.
        """
        target = Target(bucket=bucket, name=name, settings={"contentType": content_type})
        return self.write(target, [data])

    def put_file(
        self, bucket: str, name: str, path: Path, *, content_type: str = "application/octet-stream",
        if_generation_match: int | None = None,
    ) -> StoredObject:  # fmt: skip
        """Move a file into the bucket.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the generation.
        """
        conditions = Preconditions(generation_match=if_generation_match)
        target = Target(bucket=bucket, name=name, settings={"contentType": content_type}, conditions=conditions)
        self.check_target(target)
        return self.publish(target, self.content.adopt(path))

    def write(
        self, target: Target, chunks: Iterable[bytes], check: Callable[[Written], None] = lambda _written: None
    ) -> StoredObject:
        """Write an object.

        Args:
            check: looks at what was written before it becomes visible, and raises to refuse it.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions, what `check` raises.
        """
        self.check_target(target)
        return self.publish(target, self.content.write(chunks), check=check)

    def check_target(self, target: Target) -> None:
        """Refuse a write before its bytes are taken.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions.
        """
        check_object_name(target.name)
        target.conditions.check(f"{target.bucket}/{target.name}", self.buckets.index(target.bucket).get(target.name))

    def publish(
        self,
        target: Target,
        written: Written,
        *,
        component_count: int | None = None,
        check: Callable[[Written], None] = lambda _written: None,
    ) -> StoredObject:
        """Make a complete content visible as the live object; a refused one is removed.

        Raises:
            ApiError: 404 for the bucket, 412 for the conditions, what `check` raises.
        """
        try:
            check(written)
            with self._lock:
                self.check_target(target)
                stored = self._new_object(target, written, component_count)
                keeps_versions = self.buckets.get(target.bucket).keeps_versions
                gone = self._objects.replace(self.buckets.index(target.bucket), stored, keeps_versions=keeps_versions)
        except BaseException:
            self.content.remove(written.content_id)
            raise
        self._retire(gone)
        return stored

    def change_object(self, source: Source, body: Mapping[str, Any], *, merge: bool) -> StoredObject:
        """Patch (`merge`) or update an object's metadata.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        with self._lock:
            changed = self._resolve(source).changed(body, now(), merge=merge)
            self._objects.put(self.buckets.index(source.bucket), changed)
        return changed

    def delete_object(self, source: Source) -> None:
        """Delete an object; without a generation it becomes noncurrent where its bucket keeps versions.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        with self._lock:
            stored = self._resolve(source)
            keeps_versions = source.generation is None and self.buckets.get(source.bucket).keeps_versions
            gone = self._objects.remove(self.buckets.index(source.bucket), stored, keeps_versions=keeps_versions)
        self._retire(gone)

    def copy(self, source: Source, target: Target) -> StoredObject:
        """Copy an object; settings that the target does not name come from the source.

        Raises:
            ApiError: 404 for either bucket or the source, 400 for the name, 412 for the conditions.
        """
        found = self._resolve(source)
        self.check_target(target)
        settings = target.settings or found.settings
        written = Written(uuid4().hex, found.size_bytes, found.crc32c, found.md5 or "")
        self.content.share(self.content_path(found), written.content_id)
        return self.publish(replace(target, settings=settings), written, component_count=found.component_count)

    def move(self, source: Source, target: Target) -> StoredObject:
        """Rename an object within its bucket.

        Raises:
            ApiError: as `copy`.
        """
        with self._lock:
            moved = self.copy(source, target)
            if source.name != target.name:
                self.delete_object(source)
        return moved

    def compose(self, sources: Sequence[Source], target: Target) -> StoredObject:
        """Join up to 32 objects of one bucket into one.

        Raises:
            ApiError: 400 for their number, 404 for a source, 412 for the conditions.
        """
        if not 1 <= len(sources) <= _MOST_SOURCES:
            raise invalid_argument(f"A compose request names 1 to {_MOST_SOURCES} source objects, not {len(sources)}.")
        self.check_target(target)
        found = [self._resolve(source) for source in sources]
        settings = target.settings or {"contentType": found[0].content_type}
        written = self.content.write(chunk for item in found for chunk in self.content.read(item.content_id))
        count = sum(item.component_count or 1 for item in found)
        return self.publish(replace(target, settings=settings), replace(written, md5=""), component_count=count)

    def _retire(self, gone: StoredObject | None) -> None:
        if gone is not None:
            self.content.retire(gone.content_id)

    def _resolve(self, source: Source) -> StoredObject:
        return self.get_object(source.bucket, source.name, source.generation, source.conditions, is_read=False)

    def _new_object(self, target: Target, written: Written, component_count: int | None) -> StoredObject:
        # Google's generations are microseconds too; two objects never share one, even if the clock stands still.
        self._generation = max(self._generation + 1, CLOCK.time_ns() // 1000)
        time_now = now()
        return StoredObject(
            bucket=target.bucket, name=target.name, generation=self._generation, content_id=written.content_id,
            size_bytes=written.size_bytes, crc32c=written.crc32c, md5=written.md5 or None,
            created=time_now, updated=time_now, component_count=component_count,
            settings={"contentType": "application/octet-stream", **object_settings(target.settings)},
        )  # fmt: skip
