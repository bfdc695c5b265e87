"""The objects of one bucket by name, live and noncurrent."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from localgcp.services.storage.objects.listing import ListPage, ListQuery, behind, page_of
from localgcp.services.storage.objects.resources import StoredObject


class BucketIndex:
    """The objects of one bucket, with the names in order (that of their UTF-8 bytes, as on Google)."""

    def __init__(self, stored: Iterable[StoredObject] = (), former: Iterable[StoredObject] = ()) -> None:
        """Index the live objects and the noncurrent ones."""
        self._objects = {item.name: item for item in stored}
        self._names = sorted(self._objects)
        self._former: dict[str, dict[int, StoredObject]] = {}
        for item in former:
            self.put_former(item)

    def get(self, name: str, generation: int | None = None) -> StoredObject | None:
        """Return the live object, or the version of that generation; None where there is none."""
        live = self._objects.get(name)
        if generation is None or (live is not None and live.generation == generation):
            return live
        return self._former.get(name, {}).get(generation)

    def versions(self, name: str) -> list[StoredObject]:
        """Return all versions of a name, oldest first."""
        live = self._objects.get(name)
        found = [*self._former.get(name, {}).values(), *([live] if live is not None else [])]
        return sorted(found, key=lambda item: item.generation)

    def all_names(self) -> list[str]:
        """Return the names that have any version, in order."""
        return sorted({*self._objects, *self._former})

    def put(self, stored: StoredObject) -> None:
        """Add or replace a live object."""
        if stored.name not in self._objects:
            insort(self._names, stored.name)
        self._objects[stored.name] = stored

    def put_former(self, stored: StoredObject) -> None:
        """Add or replace a noncurrent object."""
        self._former.setdefault(stored.name, {})[stored.generation] = stored

    def remove(self, name: str) -> None:
        """Remove a live object that is there."""
        del self._objects[name]
        del self._names[bisect_left(self._names, name)]

    def remove_former(self, stored: StoredObject) -> None:
        """Remove a noncurrent object that is there."""
        generations = self._former[stored.name]
        del generations[stored.generation]
        if not generations:
            del self._former[stored.name]

    def __len__(self) -> int:
        return len(self._names) + sum(map(len, self._former.values()))

    def under(self, prefix: str) -> list[StoredObject]:
        """Return the live objects whose name begins with the prefix, in order."""
        start = bisect_left(self._names, prefix)
        return [self._objects[name] for name in self._names[start : behind(self._names, prefix)]]

    def page(self, query: ListQuery) -> ListPage:
        """Return one page of the live objects, or of all versions.

        Raises:
            ApiError: 400 for the page token or the glob.
        """
        if query.versions or query.soft_deleted:
            return page_of(self.all_names(), self.versions, query)
        return page_of(self._names, lambda name: (self._objects[name],), query)
