"""Finds objects, after applying the lifecycle rules and the soft-delete periods that are due."""

from localgcp.core.conventions.errors import not_found
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.sweeping import BucketSweeper
from localgcp.services.storage.objects.targets import ObjectSource

_ANY = Preconditions()


class ObjectLookup:
    """Looks up objects; applies the lifecycle rules of a bucket first if time has passed."""

    def __init__(self, data: StoredData, sweeper: BucketSweeper) -> None:
        self._data = data
        self._sweeper = sweeper

    def index(self, bucket: str) -> BucketIndex:
        """Return the index of a bucket.

        Raises:
            ApiError: 404 for the bucket.
        """
        if self._sweeper.is_due(bucket):
            with self._data.lock:
                self._sweeper.sweep(bucket)
        return self._data.objects.index(bucket)

    def get(
        self, bucket: str, name: str, generation: int | None = None, conditions: Preconditions = _ANY, *,
        is_read: bool = True,
    ) -> StoredObject:  # fmt: skip
        """Return an object.

        Args:
            generation: that of a live or noncurrent version; None means the live object.
            is_read: answer 304 instead of 412 if a condition excludes the present object.

        Raises:
            ApiError: 404; 412 or 304 for the conditions.
        """
        stored = self.index(bucket).get(name, generation)
        if stored is None:
            suffix = "" if generation is None else f"#{generation}"
            raise not_found(f"No such object: {bucket}/{name}{suffix}")
        conditions.check(
            f"{bucket}/{name}", generation=stored.generation, metageneration=stored.metageneration, is_read=is_read
        )
        return stored

    def resolve(self, source: ObjectSource) -> StoredObject:
        """Return the object that a request names.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        return self.get(source.bucket, source.name, source.generation, source.conditions, is_read=False)

    def soft_deleted(self, bucket: str) -> BucketIndex:
        """Return the index of the soft-deleted objects of a bucket.

        Raises:
            ApiError: 404 for the bucket.
        """
        self.index(bucket)
        return self._data.soft_deleted.index(bucket)
