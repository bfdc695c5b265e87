"""Soft-deleted objects, which a client can restore: https://cloud.google.com/storage/docs/soft-delete."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.services.storage.conventions.values import rfc3339, timestamp
from localgcp.services.storage.objects.content import ContentFolder
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.records import stored_content_ids
from localgcp.services.storage.objects.resources import StoredObject


class SoftDeletedObjects:
    """The soft-deleted objects of one server; the caller holds the lock of the state.

    Attributes:
        content_ids: the content files that the records named when the server started.
    """

    def __init__(self, state: State, content: ContentFolder) -> None:
        """Load the objects."""
        self._collection = state.collection("storage.softdeleted")
        self._content = content
        self.content_ids = stored_content_ids(self._collection)
        self._objects = self._collection.records(_from_json)
        self._indexes: dict[str, BucketIndex] = defaultdict(BucketIndex)
        for item in self._objects.values():
            self._indexes[item.bucket].put_noncurrent(item)

    def add(self, stored: StoredObject, seconds: int) -> None:
        """Keep a deleted object for a number of seconds."""
        deleted = CLOCK.text()
        until = rfc3339(timestamp(deleted) + timedelta(seconds=seconds))
        self._put(replace(stored, deleted=stored.deleted or deleted, soft_deleted=deleted, hard_deleted=until))

    def get(self, bucket: str, name: str, generation: int) -> StoredObject:
        """Return a soft-deleted object.

        Raises:
            ApiError: 404.
        """
        found = self._indexes[bucket].get(name, generation)
        if found is None:
            raise not_found(f"No such soft-deleted object: {bucket}/{name}#{generation}")
        return found

    def index(self, bucket: str) -> BucketIndex:
        """Return the index of the soft-deleted objects of a bucket."""
        return self._indexes[bucket]

    def of_bucket(self, bucket: str) -> list[StoredObject]:
        """Return the soft-deleted objects of a bucket in the order of their deletion."""
        if not len(self._indexes[bucket]):
            return []
        return [item for item in self._objects.values() if item.bucket == bucket]

    def highest_generation(self) -> int:
        """Return the highest generation of all soft-deleted objects; 0 without any."""
        return max((item.generation for item in self._objects.values()), default=0)

    def remove(self, stored: StoredObject) -> None:
        """Delete a soft-deleted object and its bytes for good."""
        self._forget(stored)
        self._content.retire(stored.content_id)

    def clear(self, bucket: str) -> None:
        """Delete all soft-deleted objects of a bucket for good."""
        for item in self.of_bucket(bucket):
            self.remove(item)

    def move(self, bucket: str, to: str) -> None:
        """Rename the bucket of soft-deleted objects, as when the bucket itself is deleted or restored."""
        for item in self.of_bucket(bucket):
            self._forget(item)
            self._put(replace(item, bucket=to))

    def expire(self, bucket: str) -> None:
        """Delete the objects of a bucket whose soft-delete period has ended."""
        time_now = CLOCK.text()
        for item in self.of_bucket(bucket):
            if str(item.hard_deleted) <= time_now:  # as text: both are in UTC, to the microsecond
                self.remove(item)

    def _put(self, stored: StoredObject) -> None:
        self._collection.put(_key(stored), stored.to_json())
        self._objects[_key(stored)] = stored
        self._indexes[stored.bucket].put_noncurrent(stored)

    def _forget(self, stored: StoredObject) -> None:
        self._collection.delete(_key(stored))
        del self._objects[_key(stored)]
        self._indexes[stored.bucket].remove_noncurrent(stored)


def _from_json(raw: dict[str, object]) -> StoredObject:
    stored = StoredObject.from_json(raw)
    timestamp(str(stored.hard_deleted))
    return stored


def _key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}#{stored.generation}"
