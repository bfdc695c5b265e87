"""Writes: what is checked before one, and how it becomes visible.

Order of a write: bytes into a complete content file, preconditions, then one database statement that makes the object
visible. So no reader ever sees a part of an object, whenever the server is killed.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import now
from localgcp.services.storage.conventions.names import check_object_name
from localgcp.services.storage.objects.content import Written
from localgcp.services.storage.objects.records import Records
from localgcp.services.storage.objects.resources import StoredObject, object_settings
from localgcp.services.storage.objects.retention import check_custom_time, check_retention_change, is_on
from localgcp.services.storage.objects.targets import Target

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore


class Publisher:
    """What makes new objects of one server visible."""

    def __init__(self, store: "StorageStore", objects: Records, generation: int) -> None:
        """Begin with what is stored.

        Args:
            generation: the highest that an object has.
        """
        self._store = store
        self._objects = objects
        self._generation = generation

    def check_target(self, target: Target) -> None:
        """Refuse a write before its bytes are taken.

        Raises:
            ApiError: 404 for the bucket, 400 for the name or a setting, 412 for the conditions, 403 where the present
                object must stay.
        """
        check_object_name(target.name)
        present = self._store.index(target.bucket).get(target.name)
        target.conditions.check(f"{target.bucket}/{target.name}", present)
        bucket = self._store.buckets.get(target.bucket)
        if present is not None:
            self._store.keeper.check_may_go(present, is_archived=bucket.keeps_versions)
        check_custom_time(target.settings)
        check_retention_change({}, target.settings, bucket.settings, overrides=False)

    def publish(
        self,
        target: Target,
        written: Written,
        *,
        component_count: int | None = None,
        check: Callable[[Written], None] = lambda _written: None,
    ) -> StoredObject:
        """Make a complete content visible as the live object; a refused one is removed.

        Raises:
            ApiError: 404 for the bucket, 412 for the conditions, what `check` raises.
        """
        try:
            check(written)
            with self._store.lock:
                self.check_target(target)
                bucket, index = self._store.buckets.get(target.bucket), self._store.buckets.index(target.bucket)
                stored = self._new_object(target, written, bucket.settings, component_count)
                gone = self._objects.replace(index, stored, keeps_versions=bucket.keeps_versions)
                self._store.keeper.retire(gone)
        except BaseException:
            self._store.content.remove(written.content_id)
            raise
        return stored

    def _new_object(
        self, target: Target, written: Written, bucket: Mapping[str, Any], component_count: int | None
    ) -> StoredObject:
        # Google's generations are microseconds too; two objects never share one, even if the clock stands still.
        self._generation = max(self._generation + 1, CLOCK.time_ns() // 1000)
        time_now = now()
        is_held = is_on(bucket, "defaultEventBasedHold")
        default_kms_key = (bucket.get("encryption") or {}).get("defaultKmsKeyName")
        defaults = {"contentType": "application/octet-stream", **({"eventBasedHold": True} if is_held else {})}
        return StoredObject(
            bucket=target.bucket, name=target.name, generation=self._generation, content_id=written.content_id,
            size_bytes=written.size_bytes, crc32c=written.crc32c, md5=written.md5 or None,
            created=time_now, updated=time_now, component_count=component_count,
            key_sha256=target.key_sha256, kms_key=target.kms_key or (None if target.key_sha256 else default_kms_key),
            settings={**defaults, **object_settings(target.settings)},
        )  # fmt: skip
