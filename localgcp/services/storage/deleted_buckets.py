"""Deletes buckets, and restores soft-deleted buckets.

https://cloud.google.com/storage/docs/use-soft-deleted-buckets. The server keeps the soft-deleted objects of a deleted
bucket under a name that no bucket can have, so that a new bucket of the same name does not contain them.
"""

from dataclasses import replace
from datetime import timedelta

from localgcp.core.conventions.errors import already_exists, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.services.storage.buckets.resources import Bucket
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.conventions.values import rfc3339, timestamp
from localgcp.services.storage.objects.lookup import ObjectLookup
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.uploads.multipart import MultipartUploads

_ANY = Preconditions()


class DeletedBuckets:
    """The soft-deleted buckets of one server."""

    def __init__(self, state: State, data: StoredData, lookup: ObjectLookup, multiparts: MultipartUploads) -> None:
        """Load the buckets."""
        self._collection = state.collection("storage.deletedbuckets")
        self._buckets = self._collection.records(_from_json)
        self._data = data
        self._lookup = lookup
        self._multiparts = multiparts

    def delete(self, name: str, conditions: Preconditions = _ANY) -> None:
        """Delete an empty bucket; without a soft-delete policy its soft-deleted objects are deleted for good too.

        Raises:
            ApiError: 404; 409 for a bucket with objects; 412 for the conditions.
        """
        with self._data.lock:
            count = len(self._lookup.index(name))
            bucket = self._data.buckets.get(name, conditions, is_read=False)
            if count:
                raise already_exists(
                    f"The bucket {name} is not empty: delete its objects and their versions first ({count}).",
                    "conflict",
                )
            self._data.buckets.remove(name)
            for upload in self._multiparts.of_bucket(name):
                self._multiparts.abort(upload)
            if bucket.soft_deletion_s:
                self._add(bucket)
            else:
                self._data.soft_deleted.clear(name)

    def get(self, name: str, generation: int) -> Bucket:
        """Return a soft-deleted bucket.

        Raises:
            ApiError: 404.
        """
        with self._data.lock:
            self._expire()
            found = self._buckets.get(f"{name}#{generation}")
        if found is None:
            raise not_found(f"No such soft-deleted bucket: {name}#{generation}")
        return found

    def of_project(self, project: str, prefix: str = "") -> list[Bucket]:
        """Return the soft-deleted buckets of a project whose names begin with the prefix, sorted by name and age."""
        with self._data.lock:
            self._expire()
            found = [bucket for bucket in self._buckets.values() if bucket.name.startswith(prefix)]
        return sorted(
            (bucket for bucket in found if bucket.project == project),
            key=lambda bucket: (bucket.name, bucket.generation),
        )

    def restore(self, name: str, generation: int) -> Bucket:
        """Make a soft-deleted bucket live again; its objects stay soft-deleted.

        Raises:
            ApiError: 404; 409 if a live bucket has the name.
        """
        with self._data.lock:
            found = self.get(name, generation)
            restored = self._data.buckets.add(replace(found, soft_deleted=None, hard_deleted=None))
            self._forget(found)
            self._data.soft_deleted.move(_key(found), name)
        return restored

    def _add(self, bucket: Bucket) -> None:
        deleted = CLOCK.text()
        until = timestamp(deleted) + timedelta(seconds=bucket.soft_deletion_s)
        objects = self._data.soft_deleted.of_bucket(bucket.name)
        until = max([until, *(timestamp(item.hard_deleted) for item in objects if item.hard_deleted)])
        kept = replace(bucket, soft_deleted=deleted, hard_deleted=rfc3339(until))
        self._collection.put(_key(kept), kept.to_json())
        self._buckets[_key(kept)] = kept
        self._data.soft_deleted.move(bucket.name, _key(kept))

    def _expire(self) -> None:
        time_now = timestamp(CLOCK.text())
        for bucket in list(self._buckets.values()):
            if timestamp(str(bucket.hard_deleted)) <= time_now:
                self._forget(bucket)
                self._data.soft_deleted.clear(_key(bucket))

    def _forget(self, bucket: Bucket) -> None:
        self._collection.delete(_key(bucket))
        del self._buckets[_key(bucket)]


def _from_json(raw: dict[str, object]) -> Bucket:
    bucket = Bucket.from_json(raw)
    timestamp(str(bucket.hard_deleted))
    return bucket


def _key(bucket: Bucket) -> str:
    return f"{bucket.name}#{bucket.generation}"  # no name of a live bucket contains this sign
