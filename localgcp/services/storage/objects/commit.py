"""Writes of objects: the checks before a write, and how the new object becomes visible.

A write first completes a content file, then checks the preconditions, then makes the object visible with one database
statement. So no reader ever sees a part of an object, even if the server is killed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.conventions.names import check_object_name
from localgcp.services.storage.conventions.values import is_true
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.deletion import ObjectDeletion
from localgcp.services.storage.objects.lookup import ObjectLookup
from localgcp.services.storage.objects.resources import StoredObject, object_settings
from localgcp.services.storage.objects.retention import check_custom_time, check_retention_change
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.targets import ObjectTarget


class ObjectCommit:
    """Makes new objects of one server visible."""

    def __init__(self, data: StoredData, lookup: ObjectLookup, deletion: ObjectDeletion) -> None:
        self._data = data
        self._lookup = lookup
        self._deletion = deletion
        self._generation = max(data.objects.highest_generation(), data.soft_deleted.highest_generation())

    def check_target(self, target: ObjectTarget) -> None:
        """Refuse a write before the server reads its bytes.

        Raises:
            ApiError: 404 for the bucket, 400 for the name or a setting, 412 for the conditions, 403 if a hold or a
                retention protects the present object.
        """
        check_object_name(target.name)
        present = self._lookup.index(target.bucket).get(target.name)
        target.conditions.check(
            f"{target.bucket}/{target.name}",
            generation=present.generation if present else 0,
            metageneration=present.metageneration if present else 0,
        )
        bucket = self._data.buckets.get(target.bucket)
        if present is not None:
            self._deletion.check(present, is_archived=bucket.keeps_versions)
        check_custom_time(target.settings)
        check_retention_change({}, target.settings, bucket.settings, overrides=False)

    def commit(
        self,
        target: ObjectTarget,
        content: ContentFile,
        *,
        component_count: int | None = None,
        check: Callable[[ContentFile], None] = lambda _content: None,
    ) -> StoredObject:
        """Make a content file visible as the live object; a refused file is deleted.

        Args:
            component_count: the number of objects that a composed object consists of.
            check: raises to refuse the content.

        Raises:
            ApiError: as `check_target`, and whatever `check` raises.
        """
        try:
            check(content)
            with self._data.lock:
                self.check_target(target)
                bucket = self._data.buckets.get(target.bucket)
                stored = self._new_object(target, content, bucket.settings, component_count)
                removed = self._data.objects.replace(stored, keeps_versions=bucket.keeps_versions)
                if removed is not None:
                    self._deletion.discard(removed)
        except BaseException:
            self._data.content.remove(content.content_id)
            raise
        return stored

    def _new_object(
        self, target: ObjectTarget, content: ContentFile, bucket: Mapping[str, Any], component_count: int | None
    ) -> StoredObject:
        # Google's generations are microseconds too. Each object gets its own, even if the clock stands still.
        self._generation = max(self._generation + 1, CLOCK.time_ns() // 1000)
        time_now = CLOCK.text()
        is_held = is_true(bucket, "defaultEventBasedHold")
        default_kms_key = (bucket.get("encryption") or {}).get("defaultKmsKeyName")
        defaults = {"contentType": "application/octet-stream", **({"eventBasedHold": True} if is_held else {})}
        return StoredObject(
            bucket=target.bucket, name=target.name, generation=self._generation, content_id=content.content_id,
            size_bytes=content.size_bytes, crc32c=content.crc32c, md5=content.md5 or None,
            created=time_now, updated=time_now, component_count=component_count,
            key_sha256=target.key_sha256, kms_key=target.kms_key or (None if target.key_sha256 else default_kms_key),
            settings={**defaults, **object_settings(target.settings)},
        )  # fmt: skip
