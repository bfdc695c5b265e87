"""The stored records of live and noncurrent objects, and their index by bucket."""

from collections import defaultdict
from dataclasses import replace

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import Collection, State
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.resources import StoredObject


class ObjectRecords:
    """All objects of one server.

    The state has live objects under `bucket/name`, noncurrent objects under `bucket/name#generation`. Each change goes
    to the state and to the index of the bucket; the caller holds the lock of the state.

    Attributes:
        content_ids: the content files that the records named when the server started.
    """

    def __init__(self, state: State) -> None:
        """Load the objects."""
        self._live = state.collection("storage.objects")
        self._noncurrent = state.collection("storage.noncurrent")
        self.content_ids = stored_content_ids(self._live) | stored_content_ids(self._noncurrent)
        live = self._live.records(StoredObject.from_json)
        noncurrent = self._noncurrent.records(StoredObject.from_json)
        for key, item in list(noncurrent.items()):
            if _is_same_version(live.get(_key(item)), item):  # a server was killed in `_archive`
                self._noncurrent.delete(key)
                del noncurrent[key]
        self._indexes = _indexes(list(live.values()), list(noncurrent.values()))

    def index(self, bucket: str) -> BucketIndex:
        """Return the index of a bucket; empty for an unknown bucket."""
        return self._indexes.setdefault(bucket, BucketIndex())

    def find(self, bucket: str, name: str, content_id: str) -> StoredObject | None:
        """Return the version of an object with these bytes, or None."""
        return next((item for item in self.index(bucket).versions(name) if item.content_id == content_id), None)

    def highest_generation(self) -> int:
        """Return the highest generation of all objects; 0 without objects."""
        return max((index.highest_generation() for index in self._indexes.values()), default=0)

    def put(self, stored: StoredObject) -> None:
        """Store a live or noncurrent object unchecked."""
        index = self.index(stored.bucket)
        if stored.deleted is None:
            self._live.put(_key(stored), stored.to_json())
            index.put(stored)
        else:
            self._noncurrent.put(_version_key(stored), stored.to_json())
            index.put_noncurrent(stored)

    def replace(self, stored: StoredObject, *, keeps_versions: bool) -> StoredObject | None:
        """Make an object the live object of its name.

        Args:
            keeps_versions: whether the object that it replaces becomes noncurrent.

        Returns:
            The version that no record names any more, or None.
        """
        present = self.index(stored.bucket).get(stored.name)
        if present is not None and keeps_versions:
            self._archive(present)
        self.put(stored)
        return None if keeps_versions else present

    def remove(self, stored: StoredObject, *, keeps_versions: bool) -> StoredObject | None:
        """Delete an object.

        Args:
            keeps_versions: whether a live object becomes noncurrent.

        Returns:
            The version that no record names any more, or None.
        """
        index = self.index(stored.bucket)
        if stored.deleted is not None:
            self._noncurrent.delete(_version_key(stored))
            index.remove_noncurrent(stored)
            return stored
        if keeps_versions:
            self._archive(stored)
        self._live.delete(_key(stored))
        index.remove(stored.name)
        return None if keeps_versions else stored

    def _archive(self, stored: StoredObject) -> None:
        # Before the live record changes: a server that is killed in between has the version twice instead of losing it.
        self.put(replace(stored, deleted=CLOCK.text()))


def stored_content_ids(collection: Collection) -> set[str]:
    """Return the content files that stored records name, also those of records that cannot be parsed."""
    return {str(raw.get("content_id")) for raw in collection.values()}


def _indexes(live: list[StoredObject], noncurrent: list[StoredObject]) -> dict[str, BucketIndex]:
    by_bucket: dict[str, tuple[list[StoredObject], list[StoredObject]]] = defaultdict(lambda: ([], []))
    for item in live:
        by_bucket[item.bucket][0].append(item)
    for item in noncurrent:
        by_bucket[item.bucket][1].append(item)
    return {bucket: BucketIndex(*items) for bucket, items in by_bucket.items()}


def _is_same_version(live: StoredObject | None, noncurrent: StoredObject) -> bool:
    return live is not None and live.generation == noncurrent.generation


def _key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}"


def _version_key(stored: StoredObject) -> str:
    return f"{stored.bucket}/{stored.name}#{stored.generation}"
