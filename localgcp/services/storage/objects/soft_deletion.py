"""Objects that are deleted and can be restored: https://cloud.google.com/storage/docs/soft-delete."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from localgcp.core.http.errors import not_found
from localgcp.core.state.operations import now
from localgcp.core.state.state import State
from localgcp.services.storage.objects.content import ContentFolder
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import moment


class SoftDeleted:
    """The soft-deleted objects of one server; the caller holds the lock of the state."""

    def __init__(self, state: State) -> None:
        """Load them."""
        self._items = state.collection("storage.softdeleted")
        self._index: dict[str, BucketIndex] = defaultdict(BucketIndex)
        for item in self.all():
            self._index[item.bucket].put_former(item)

    def all(self) -> list[StoredObject]:
        """Return them of all buckets, also those whose time is over."""
        return [StoredObject.from_json(raw) for raw in self._items.values()]

    def keep(self, stored: StoredObject, seconds: int) -> None:
        """Keep an object that was deleted."""
        deleted = now()
        until = (moment(deleted) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
        kept = replace(
            stored, deleted=stored.deleted or deleted, soft_deleted=deleted, hard_deleted=until.replace("+00:00", "Z")
        )
        self._items.put(_key(kept), kept.to_json())
        self._index[kept.bucket].put_former(kept)

    def get(self, bucket: str, name: str, generation: int) -> StoredObject:
        """Return one.

        Raises:
            ApiError: 404.
        """
        found = self._index[bucket].get(name, generation)
        if found is None:
            raise not_found(f"No such soft-deleted object: {bucket}/{name}#{generation}")
        return found

    def index(self, bucket: str) -> BucketIndex:
        """Return those of a bucket."""
        return self._index[bucket]

    def of_bucket(self, bucket: str) -> list[StoredObject]:
        """Return those of a bucket, the oldest first."""
        return [StoredObject.from_json(raw) for raw in self._items.values(f"{bucket}/")]

    def remove(self, stored: StoredObject, content: ContentFolder) -> None:
        """Forget one, and free its bytes."""
        self._items.delete(_key(stored))
        self._index[stored.bucket].remove_former(stored)
        content.retire(stored.content_id)

    def clear(self, bucket: str, content: ContentFolder) -> None:
        """Forget all of a bucket."""
        for item in self.of_bucket(bucket):
            self.remove(item, content)

    def move(self, bucket: str, to: str) -> None:
        """Give those of a bucket to another name, as when it is deleted itself."""
        for item in self.of_bucket(bucket):
            self._items.delete(_key(item))
            self._index[bucket].remove_former(item)
            moved = replace(item, bucket=to)
            self._items.put(_key(moved), moved.to_json())
            self._index[to].put_former(moved)

    def expire(self, bucket: str, content: ContentFolder) -> None:
        """Forget those of a bucket whose time is over."""
        if not len(self._index[bucket]):
            return
        time_now = now()
        for raw in self._items.values(f"{bucket}/"):
            if raw["hard_deleted"] <= time_now:  # as text: both are in UTC, to the microsecond
                self.remove(StoredObject.from_json(raw), content)


def _key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}#{stored.generation}"
