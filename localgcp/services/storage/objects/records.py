"""The stored form of objects, and the order in which a change of versions is written."""

from dataclasses import replace

from localgcp.core.state.operations import now
from localgcp.core.state.state import State
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.resources import StoredObject


class Records:
    """All objects of one server: the live ones under `bucket/name`, the noncurrent ones with their generation.

    Each change goes to the disk and to the index of its bucket; the caller holds the lock of the state.
    """

    def __init__(self, state: State) -> None:
        """Load them."""
        self._live = state.collection("storage.objects")
        self._former = state.collection("storage.noncurrent")
        self._drop_twins()

    def live(self) -> list[StoredObject]:
        """Return the live objects."""
        return [StoredObject.from_json(raw) for raw in self._live.values()]

    def former(self) -> list[StoredObject]:
        """Return the noncurrent objects."""
        return [StoredObject.from_json(raw) for raw in self._former.values()]

    def put(self, index: BucketIndex, stored: StoredObject) -> None:
        """Store an object as what it says it is, live or noncurrent."""
        if stored.deleted is None:
            self._live.put(_key(stored), stored.to_json())
            index.put(stored)
        else:
            self._former.put(_former_key(stored), stored.to_json())
            index.put_former(stored)

    def replace(self, index: BucketIndex, stored: StoredObject, *, keeps_versions: bool) -> StoredObject | None:
        """Make an object the live one of its name, and return the one that is gone for that, if there is one."""
        present = index.get(stored.name)
        if present is not None and keeps_versions:
            self._archive(index, present)
        self.put(index, stored)
        return None if keeps_versions else present

    def remove(self, index: BucketIndex, stored: StoredObject, *, keeps_versions: bool) -> StoredObject | None:
        """Delete an object, or make it noncurrent (`keeps_versions`); return it where it is gone."""
        if stored.deleted is not None:
            self._former.delete(_former_key(stored))
            index.remove_former(stored)
            return stored
        if keeps_versions:
            self._archive(index, stored)
        self._live.delete(_key(stored))
        index.remove(stored.name)
        return None if keeps_versions else stored

    def _archive(self, index: BucketIndex, stored: StoredObject) -> None:
        # Before the live record changes: a server that is killed in between has the version twice, not lost.
        self.put(index, replace(stored, deleted=now()))

    def _drop_twins(self) -> None:
        for item in self.former():
            live = self._live.get(_key(item))
            if live is not None and live["generation"] == item.generation:
                self._former.delete(_former_key(item))


def _key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}"


def _former_key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}#{stored.generation}"
