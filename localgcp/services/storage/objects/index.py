"""The index of one bucket: its live and noncurrent objects by name."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from localgcp.services.storage.objects.listing import ListPage, ListQuery, end_of_prefix, page_of
from localgcp.services.storage.objects.resources import StoredObject


class BucketIndex:
    """The objects of one bucket. Names are sorted by code point, which is the order of their UTF-8 bytes."""

    def __init__(self, live: Iterable[StoredObject] = (), noncurrent: Iterable[StoredObject] = ()) -> None:
        """Build the index of these objects."""
        self._live = {item.name: item for item in live}
        self._names = sorted(self._live)
        self._noncurrent: dict[str, dict[int, StoredObject]] = {}
        for item in noncurrent:
            self.put_noncurrent(item)

    def get(self, name: str, generation: int | None = None) -> StoredObject | None:
        """Return the live object, or the version of a generation; None without a match."""
        live = self._live.get(name)
        if generation is None or (live is not None and live.generation == generation):
            return live
        return self._noncurrent.get(name, {}).get(generation)

    def versions(self, name: str) -> list[StoredObject]:
        """Return all versions of an object, oldest first."""
        live = self._live.get(name)
        found = [*self._noncurrent.get(name, {}).values(), *([live] if live is not None else [])]
        return sorted(found, key=lambda item: item.generation)

    def all_names(self) -> list[str]:
        """Return the names of all objects with a live or noncurrent version, sorted."""
        return sorted({*self._live, *self._noncurrent})

    def put(self, stored: StoredObject) -> None:
        """Add or replace a live object."""
        if stored.name not in self._live:
            insort(self._names, stored.name)
        self._live[stored.name] = stored

    def put_noncurrent(self, stored: StoredObject) -> None:
        """Add or replace a noncurrent object."""
        self._noncurrent.setdefault(stored.name, {})[stored.generation] = stored

    def remove(self, name: str) -> None:
        """Remove an indexed live object."""
        del self._live[name]
        del self._names[bisect_left(self._names, name)]

    def remove_noncurrent(self, stored: StoredObject) -> None:
        """Remove an indexed noncurrent object."""
        generations = self._noncurrent[stored.name]
        del generations[stored.generation]
        if not generations:
            del self._noncurrent[stored.name]

    def highest_generation(self) -> int:
        """Return the highest generation of the objects; 0 for an empty bucket."""
        generations = [item.generation for item in self._live.values()]
        return max(
            [*generations, *(number for versions in self._noncurrent.values() for number in versions)], default=0
        )

    def __len__(self) -> int:
        return len(self._names) + sum(map(len, self._noncurrent.values()))

    def under(self, prefix: str) -> list[StoredObject]:
        """Return the live objects whose names begin with the prefix, sorted by name."""
        start = bisect_left(self._names, prefix)
        return [self._live[name] for name in self._names[start : end_of_prefix(self._names, prefix)]]

    def page(self, query: ListQuery) -> ListPage:
        """Return one page of the live objects, or of all versions.

        Raises:
            ApiError: 400 for the page token or the glob.
        """
        if query.versions or query.soft_deleted:
            return page_of(self.all_names(), self.versions, query)
        return page_of(self._names, lambda name: (self._live[name],), query)
