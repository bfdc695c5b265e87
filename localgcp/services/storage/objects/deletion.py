"""Deletions: an object becomes noncurrent, becomes soft-deleted, or is deleted for good."""

from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import check_deletion
from localgcp.services.storage.objects.stored_data import StoredData


class ObjectDeletion:
    """Deletes objects by the settings of their buckets; the caller holds the lock of the state."""

    def __init__(self, data: StoredData) -> None:
        self._data = data

    def check(self, stored: StoredObject, *, is_archived: bool = False) -> None:
        """Refuse to delete or replace an object that a hold or a retention protects.

        Args:
            is_archived: whether the object becomes noncurrent.

        Raises:
            ApiError: 403.
        """
        check_deletion(stored, self._data.buckets.get(stored.bucket).settings, CLOCK.text(), is_archived=is_archived)

    def delete(self, stored: StoredObject, *, archives: bool) -> None:
        """Delete an object.

        Args:
            archives: whether a live object becomes noncurrent if its bucket keeps versions.

        Raises:
            ApiError: 403 for a protected object.
        """
        keeps_versions = archives and self._data.buckets.get(stored.bucket).keeps_versions
        self.check(stored, is_archived=keeps_versions)
        removed = self._data.objects.remove(stored, keeps_versions=keeps_versions)
        if removed is not None:
            self.discard(removed)

    def discard(self, removed: StoredObject) -> None:
        """Soft-delete a version that no record names any more, or free its bytes, by the settings of its bucket."""
        if seconds := self._data.buckets.get(removed.bucket).soft_deletion_s:
            self._data.soft_deleted.add(removed, seconds)
        else:
            self._data.content.retire(removed.content_id)
