"""The state and the rules of Cloud Storage, and its interface for other services in the same process."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.buckets.resources import Bucket
from localgcp.services.storage.conventions.encryption import check_key
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.deleted_buckets import DeletedBuckets
from localgcp.services.storage.objects.commit import ObjectCommit
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.deletion import ObjectDeletion
from localgcp.services.storage.objects.listing import ListPage, ListQuery
from localgcp.services.storage.objects.lookup import ObjectLookup
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import check_custom_time, check_retention_change, expiration
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.sweeping import BucketSweeper
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.objects.transfers import ObjectTransfers
from localgcp.services.storage.uploads.multipart import MultipartUploads
from localgcp.services.storage.uploads.resumable import ResumableUploads

_ANY = Preconditions()
_DIGESTS = ("crc32c", "md5Hash")


class StorageStore:
    """Cloud Storage on one server.

    Attributes:
        context: what all services share.
        lock: the lock of the state.
        buckets: the live buckets.
        content: the bytes of all objects.
        transfers: makes objects from other objects.
        uploads: the resumable uploads.
        multiparts: the multipart uploads.
        deleted_buckets: deletes buckets and restores them.
    """

    def __init__(self, context: Context) -> None:
        """Load the state, and remove the content files that a killed server left."""
        self.context = context
        self.lock = context.state.lock
        self._data = data = StoredData.load(context)
        self.buckets = data.buckets
        self.content = data.content
        self._deletion = ObjectDeletion(data)
        sweeper = BucketSweeper(data, self._deletion)
        self._lookup = ObjectLookup(data, sweeper)
        self._commit = ObjectCommit(data, self._lookup, self._deletion)
        self.transfers = ObjectTransfers(data, self._lookup, self._deletion, self._commit)
        self.uploads = ResumableUploads(context.state, data, self._commit)
        self.multiparts = MultipartUploads(context.state, data, self._commit)
        sweeper.add(self.multiparts.abort_by_rules)
        self.deleted_buckets = DeletedBuckets(context.state, data, self._lookup, self.multiparts)
        contents = data.objects.content_ids | data.soft_deleted.content_ids | self.multiparts.content_ids()
        self.content.remove_orphans(contents, self.uploads.session_ids())

    def create_bucket(self, name: str, project: str | None = None, location: str = "US") -> Bucket:
        """Create a bucket.

        Args:
            project: None means the project of the server.

        Raises:
            ApiError: 400 for the name, 409 if the name is taken.
        """
        return self.buckets.create(name, project, location)

    def list_objects(self, bucket: str, prefix: str = "") -> list[StoredObject]:
        """Return the live objects whose names begin with the prefix, sorted by name.

        Raises:
            ApiError: 404 for the bucket.
        """
        with self.lock:
            return self._lookup.index(bucket).under(prefix)

    def page_of_objects(self, bucket: str, query: ListQuery) -> ListPage:
        """Return one page of a list request.

        Raises:
            ApiError: 404 for the bucket, 400 for the page token or the glob.
        """
        with self.lock:
            index = self._lookup.soft_deleted(bucket) if query.soft_deleted else self._lookup.index(bucket)
            return index.page(query)

    def get_object(
        self, bucket: str, name: str, generation: int | None = None, conditions: Preconditions = _ANY
    ) -> StoredObject:
        """Return an object for reading.

        Args:
            generation: that of a live or noncurrent version; None means the live object.

        Raises:
            ApiError: 404; 412 or 304 for the conditions.
        """
        return self._lookup.get(bucket, name, generation, conditions)

    def content_path(self, stored: StoredObject) -> Path:
        """Return the content file of an object, for reading only.

        The file stays for 15 minutes after a client replaced or deleted the object.

        Raises:
            ApiError: 400 for an object with a customer-supplied key, which the other services do not have.
        """
        if stored.key_sha256 is not None:
            name = f"gs://{stored.bucket}/{stored.name}"
            raise invalid_argument(f"The object {name} is encrypted by a customer-supplied encryption key.")
        return self.content.path(stored.content_id)

    def keyed_path(self, stored: StoredObject, key_sha256: str | None) -> Path:
        """Return the content file of an object for a request that may send the key of the object.

        Args:
            key_sha256: the SHA-256 of the key in the request; None for a request without a key.

        Raises:
            ApiError: 400 if the object has another key.
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
        target = ObjectTarget(bucket=bucket, name=name, settings={"contentType": content_type})
        return self.write(target, [data])

    def put_file(
        self, bucket: str, name: str, path: Path, *, content_type: str = "application/octet-stream",
        if_generation_match: int | None = None,
    ) -> StoredObject:  # fmt: skip
        """Move a file into the bucket as an object.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the generation.
        """
        conditions = Preconditions(generation_match=if_generation_match)
        target = ObjectTarget(bucket=bucket, name=name, settings={"contentType": content_type}, conditions=conditions)
        self._commit.check_target(target)
        return self._commit.commit(target, self.content.adopt(path))

    def write(
        self,
        target: ObjectTarget,
        chunks: Iterable[bytes],
        check: Callable[[ContentFile], None] = lambda _content: None,
    ) -> StoredObject:
        """Write an object.

        Args:
            chunks: the bytes of the object.
            check: raises to refuse the content before the object becomes visible.

        Raises:
            ApiError: 404 for the bucket, 400 for the name, 412 for the conditions, whatever `check` raises.
        """
        self._commit.check_target(target)
        return self._commit.commit(target, self.content.write(chunks), check=check)

    def change_object(
        self, source: ObjectSource, body: Mapping[str, Any], *, merge: bool, overrides_retention: bool = False
    ) -> StoredObject:
        """Patch (`merge`) or update the metadata of an object.

        Args:
            overrides_retention: whether the request may weaken a retention that is not locked.

        Raises:
            ApiError: 404, 400 for a setting, 412 for the conditions, 403 for a change that would weaken the retention.
        """
        with self.lock:
            present = self._lookup.resolve(source)
            changed = present.changed(body, CLOCK.text(), merge=merge)
            settings = self.buckets.get(source.bucket).settings
            check_custom_time(changed.settings)
            check_retention_change(present.settings, changed.settings, settings, overrides=overrides_retention)
            self._data.objects.put(changed)
        return changed

    def delete_object(self, source: ObjectSource) -> None:
        """Delete an object; without a generation it becomes noncurrent if its bucket keeps versions.

        Raises:
            ApiError: 404, 412 for the conditions, 403 for a protected object.
        """
        with self.lock:
            self._deletion.delete(self._lookup.resolve(source), archives=source.generation is None)

    def copy(self, source: ObjectSource, target: ObjectTarget) -> StoredObject:
        """Copy an object, as `ObjectTransfers.copy` does."""
        return self.transfers.copy(source, target)

    def get_soft_deleted(self, bucket: str, name: str, generation: int) -> StoredObject:
        """Return a soft-deleted object.

        Raises:
            ApiError: 404 for the bucket or the object.
        """
        with self.lock:
            self._lookup.index(bucket)
            return self._data.soft_deleted.get(bucket, name, generation)

    def soft_deleted_objects(self, bucket: str) -> list[StoredObject]:
        """Return the soft-deleted objects of a bucket in the order of their deletion.

        Raises:
            ApiError: 404 for the bucket.
        """
        with self.lock:
            self._lookup.index(bucket)
            return self._data.soft_deleted.of_bucket(bucket)

    def object_resource(self, stored: StoredObject, base_url: str, *, has_key: bool = False) -> dict[str, Any]:
        """Return the Object resource of the API, with the retention that its bucket sets.

        Args:
            has_key: whether the request sent the customer-supplied key of the object. Without it the resource does not
                show the digests of the content.
        """
        resource = stored.resource(base_url)
        if stored.key_sha256 is not None and not has_key:
            resource = {name: value for name, value in resource.items() if name not in _DIGESTS}
        until = None if stored.soft_deleted else expiration(stored, self.buckets.get(stored.bucket).settings)
        if until is not None:
            resource["retentionExpirationTime"] = until.isoformat().replace("+00:00", "Z")
        return resource
