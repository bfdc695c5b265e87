"""Whether an object may go, and what becomes of it then: noncurrent, soft-deleted or gone."""

from typing import Any

from localgcp.core.state.operations import now
from localgcp.services.storage.buckets.store import Buckets
from localgcp.services.storage.objects.content import ContentFolder
from localgcp.services.storage.objects.records import Records
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import check_may_go, expiration
from localgcp.services.storage.objects.soft_deletion import SoftDeleted

_OF_CONTENT = ("crc32c", "md5Hash")


class Keeper:
    """The end of objects by the settings of their buckets; the caller holds the lock of the state."""

    def __init__(self, buckets: Buckets, objects: Records, content: ContentFolder, soft_deleted: SoftDeleted) -> None:
        self._buckets = buckets
        self._objects = objects
        self._content = content
        self._soft_deleted = soft_deleted

    def check_may_go(self, stored: StoredObject, *, is_archived: bool = False) -> None:
        """Refuse to delete or replace an object that a hold or its retention protects.

        Raises:
            ApiError: 403.
        """
        check_may_go(stored, self._buckets.get(stored.bucket).settings, now(), is_archived=is_archived)

    def let_go(self, stored: StoredObject, *, archives: bool) -> None:
        """Delete an object, or make it noncurrent where its bucket keeps versions and `archives` is set.

        Raises:
            ApiError: 403 for one that must stay.
        """
        keeps_versions = archives and self._buckets.get(stored.bucket).keeps_versions
        self.check_may_go(stored, is_archived=keeps_versions)
        gone = self._objects.remove(self._buckets.index(stored.bucket), stored, keeps_versions=keeps_versions)
        self.retire(gone)

    def shown(self, stored: StoredObject, base_url: str, *, has_key: bool = False) -> dict[str, Any]:
        """Return the API's Object resource, with what its bucket has to say about it.

        Args:
            has_key: the client knows the object's own key; nobody else sees the digests of its content.
        """
        settings = self._buckets.get(stored.bucket).settings
        until = None if stored.soft_deleted else expiration(stored, settings)
        shown = {"retentionExpirationTime": until.isoformat().replace("+00:00", "Z")} if until is not None else {}
        resource = stored.resource(base_url)
        if stored.key_sha256 is not None and not has_key:
            resource = {name: value for name, value in resource.items() if name not in _OF_CONTENT}
        return {**resource, **shown}

    def retire(self, gone: StoredObject | None) -> None:
        """Keep what is gone for as long as its bucket says, or free its bytes."""
        if gone is None:
            return
        if seconds := self._buckets.get(gone.bucket).soft_deletion_s:
            self._soft_deleted.keep(gone, seconds)
        else:
            self._content.retire(gone.content_id)
