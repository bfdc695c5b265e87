"""The state and rules of Cloud Storage; what other services use in the same process."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from localgcp.core.http.context import Context
from localgcp.core.http.errors import invalid_argument, not_found
from localgcp.core.state.operations import now
from localgcp.services.storage.buckets.store import Buckets
from localgcp.services.storage.conventions.encryption import check_key
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.deleted_buckets import DeletedBuckets
from localgcp.services.storage.objects import transfers
from localgcp.services.storage.objects.commit import Publisher
from localgcp.services.storage.objects.content import ContentFolder, Written
from localgcp.services.storage.objects.deletion import Keeper
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.listing import ListPage, ListQuery
from localgcp.services.storage.objects.records import Records
from localgcp.services.storage.objects.resources import Bucket, StoredObject
from localgcp.services.storage.objects.retention import check_custom_time, check_retention_change
from localgcp.services.storage.objects.soft_deletion import SoftDeleted
from localgcp.services.storage.objects.sweeping import Sweeper
from localgcp.services.storage.objects.targets import Source, Target
from localgcp.services.storage.uploads.multipart import Multiparts
from localgcp.services.storage.uploads.resumable import Uploads

_ANY = Preconditions()


class StorageStore:
    """All objects of one server.

    Attributes:
        context: what every service shares.
        lock: held during each change.
        buckets: their buckets.
        content: their bytes.
        uploads: the resumable uploads that are under way.
        multiparts: the multipart uploads that are under way.
        deleted_buckets: the end of buckets, and those that can be restored.
        soft_deleted: what was deleted and can be restored.
        keeper: what decides whether an object may go, and lets it go.
        publisher: what makes new objects visible.
    """

    def __init__(self, context: Context) -> None:
        """Load the state, and remove the content files that a killed server left."""
        self.context = context
        self.lock = context.state.lock
        self._objects = Records(context.state)
        self.soft_deleted = SoftDeleted(context.state)
        stored = [*self._objects.live(), *self._objects.former(), *self.soft_deleted.all()]
        self.buckets = Buckets(context, self._objects)
        self.content = ContentFolder(context.state.folder("storage"))
        sessions = context.state.collection("storage.uploads")
        self.multiparts = Multiparts(context.state, self)
        contents = {item.content_id for item in stored} | self.multiparts.contents()
        self.content.remove_orphans(contents, set(sessions.names()))
        self.keeper = Keeper(self.buckets, self._objects, self.content, self.soft_deleted)
        self._sweeper = Sweeper(self)
        self.publisher = Publisher(self, self._objects, max((item.generation for item in stored), default=0))
        self.deleted_buckets = DeletedBuckets(context.state, self)
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
        with self.lock:
            return self.index(bucket).under(prefix)

    def page_of_objects(self, bucket: str, query: ListQuery) -> ListPage:
        """Return one page of a list request.

        Raises:
            ApiError: 404 for the bucket, 400 for the page token or the glob.
        """
        with self.lock:
            index = self.index(bucket)
            return (self.soft_deleted.index(bucket) if query.soft_deleted else index).page(query)

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
        stored = self.index(bucket).get(name, generation)
        if stored is None:
            suffix = "" if generation is None else f"#{generation}"
            raise not_found(f"No such object: {bucket}/{name}{suffix}")
        conditions.check(f"{bucket}/{name}", stored, is_read=is_read)
        return stored

    def content_path(self, stored: StoredObject) -> Path:
        """Return the file with an object's bytes, to be read only; it outlives a replaced object by 15 minutes.

        Raises:
            ApiError: 400 where the object has a key of its client, which the services here never have.
        """
        if stored.key_sha256 is not None:
            name = f"gs://{stored.bucket}/{stored.name}"
            raise invalid_argument(f"The object {name} is encrypted by a customer-supplied encryption key.")
        return self.content.path(stored.content_id)

    def keyed_path(self, stored: StoredObject, key_sha256: str | None) -> Path:
        """Return the same for a client, which may bring the object's key.

        Args:
            key_sha256: the digest of that key.

        Raises:
            ApiError: 400 where the object has another key.
        """
        check_key(stored.key_sha256, key_sha256)
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
        self.publisher.check_target(target)
        return self.publisher.publish(target, self.content.adopt(path))

    def write(
        self, target: Target, chunks: Iterable[bytes], check: Callable[[Written], None] = lambda _written: None
    ) -> StoredObject:
        """Write an object.

        Args:
            check: looks at what was written before it becomes visible, and raises to refuse it.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions, what `check` raises.
        """
        self.publisher.check_target(target)
        return self.publisher.publish(target, self.content.write(chunks), check=check)

    def change_object(
        self, source: Source, body: Mapping[str, Any], *, merge: bool, overrides_retention: bool = False
    ) -> StoredObject:
        """Patch (`merge`) or update an object's metadata.

        Raises:
            ApiError: 404, 400 for a setting, 412 for the conditions, 403 for a retention that would be weakened.
        """
        with self.lock:
            present = self.resolve(source)
            changed = present.changed(body, now(), merge=merge)
            settings = self.buckets.get(source.bucket).settings
            check_custom_time(changed.settings)
            check_retention_change(present.settings, changed.settings, settings, overrides=overrides_retention)
            self.put(changed)
        return changed

    def delete_object(self, source: Source) -> None:
        """Delete an object; without a generation it becomes noncurrent where its bucket keeps versions.

        Raises:
            ApiError: 404, 412 for the conditions, 403 for one that must stay.
        """
        with self.lock:
            self.keeper.let_go(self.resolve(source), archives=source.generation is None)

    def copy(self, source: Source, target: Target) -> StoredObject:
        """Copy an object (`transfers.copy`)."""
        return transfers.copy(self, source, target)

    def resolve(self, source: Source) -> StoredObject:
        """Return the object that a request is made of.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        return self.get_object(source.bucket, source.name, source.generation, source.conditions, is_read=False)

    def get_soft_deleted(self, bucket: str, name: str, generation: int) -> StoredObject:
        """Return a soft-deleted object.

        Raises:
            ApiError: 404.
        """
        with self.lock:
            self.index(bucket)
            return self.soft_deleted.get(bucket, name, generation)

    def soft_deleted_objects(self, bucket: str) -> list[StoredObject]:
        """Return the soft-deleted objects of a bucket, the oldest first.

        Raises:
            ApiError: 404 for the bucket.
        """
        with self.lock:
            self.index(bucket)
            return self.soft_deleted.of_bucket(bucket)

    def put(self, stored: StoredObject) -> None:
        """Store an object that changed, as it is; the caller holds the lock."""
        self._objects.put(self.buckets.index(stored.bucket), stored)

    def index(self, bucket: str) -> BucketIndex:
        """Return the objects of a bucket as they are by now.

        Raises:
            ApiError: 404 for the bucket.
        """
        index = self.buckets.index(bucket)
        if self._sweeper.is_due(bucket):
            with self.lock:
                self._sweeper.sweep(bucket)
        return index
