"""Buckets that are deleted and can be restored: https://cloud.google.com/storage/docs/use-soft-deleted-buckets.

What was soft-deleted in such a bucket waits with it under a name that no bucket has, so that a new bucket of the same
name has nothing of it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from localgcp.core.http.errors import not_found
from localgcp.core.state.operations import now
from localgcp.core.state.state import State
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.resources import Bucket
from localgcp.services.storage.objects.retention import moment

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore

_ANY = Preconditions()


class DeletedBuckets:
    """The end of buckets, and the way back."""

    def __init__(self, state: State, store: "StorageStore") -> None:
        self._items = state.collection("storage.deletedbuckets")
        self._lock = state.lock
        self._store = store

    def delete(self, name: str, conditions: Preconditions = _ANY) -> None:
        """Delete an empty bucket; where its policy keeps nothing, what was soft-deleted in it is gone too.

        Raises:
            ApiError: 404; 409 where it holds objects; 412 for the conditions.
        """
        store = self._store
        with self._lock:
            store.index(name)  # as it is by now
            bucket = store.buckets.delete(name, conditions)
            for upload in store.multiparts.of_bucket(name):
                store.multiparts.abort(upload)
            if bucket.soft_deletion_s:
                self._keep(bucket)
            else:
                store.soft_deleted.clear(name, store.content)

    def get(self, name: str, generation: int) -> Bucket:
        """Return a soft-deleted bucket.

        Raises:
            ApiError: 404.
        """
        with self._lock:
            self._expire()
            raw = self._items.get(f"{name}#{generation}")
        if raw is None:
            raise not_found(f"No such soft-deleted bucket: {name}#{generation}")
        return Bucket.from_json(raw)

    def of_project(self, project: str, prefix: str = "") -> list[Bucket]:
        """Return a project's soft-deleted buckets whose name begins with the prefix, by name and age."""
        with self._lock:
            self._expire()
            found = [Bucket.from_json(raw) for raw in self._items.values(prefix)]
        return sorted(
            (item for item in found if item.project == project), key=lambda item: (item.name, item.generation)
        )

    def restore(self, name: str, generation: int) -> Bucket:
        """Make a soft-deleted bucket live again; its objects stay soft-deleted.

        Raises:
            ApiError: 404; 409 where there is a live bucket of its name.
        """
        with self._lock:
            found = self.get(name, generation)
            restored = self._store.buckets.add(replace(found, soft_deleted=None, hard_deleted=None))
            self._items.delete(_key(found))
            self._store.soft_deleted.move(_key(found), name)
        return restored

    def _keep(self, bucket: Bucket) -> None:
        deleted = now()
        until = moment(deleted) + timedelta(seconds=bucket.soft_deletion_s)
        objects = self._store.soft_deleted.of_bucket(bucket.name)
        until = max([until, *(moment(item.hard_deleted) for item in objects if item.hard_deleted)])
        hard = until.isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._items.put(_key(bucket), replace(bucket, soft_deleted=deleted, hard_deleted=hard).to_json())
        self._store.soft_deleted.move(bucket.name, _key(bucket))

    def _expire(self) -> None:
        time_now = moment(now())
        for raw in self._items.values():
            bucket = Bucket.from_json(raw)
            if moment(str(bucket.hard_deleted)) <= time_now:
                self._items.delete(_key(bucket))
                self._store.soft_deleted.clear(_key(bucket), self._store.content)


def _key(bucket: Bucket) -> str:
    return f"{bucket.name}#{bucket.generation}"  # no name of a bucket has this sign
