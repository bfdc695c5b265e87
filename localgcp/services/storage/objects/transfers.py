"""Objects made from other objects: copies, renamed, composed and restored objects."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.storage.conventions.encryption import check_key
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.commit import ObjectCommit
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.deletion import ObjectDeletion
from localgcp.services.storage.objects.lookup import ObjectLookup
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import NOT_COPIED
from localgcp.services.storage.objects.stored_data import StoredData
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget

_MOST_SOURCES = 32


class ObjectTransfers:
    """Makes objects from other objects."""

    def __init__(self, data: StoredData, lookup: ObjectLookup, deletion: ObjectDeletion, commit: ObjectCommit) -> None:
        self._data = data
        self._lookup = lookup
        self._deletion = deletion
        self._commit = commit

    def copy(self, source: ObjectSource, target: ObjectTarget) -> StoredObject:
        """Copy an object; a target without settings inherits those of the source.

        Raises:
            ApiError: 404 for either bucket or the source, 400 for the name or a key, 412 for the conditions.
        """
        found = self._lookup.resolve(source)
        check_key(found.key_sha256, source.key_sha256)
        self._commit.check_target(target)
        inherited = {name: value for name, value in found.settings.items() if name not in NOT_COPIED}
        return self._write_copy(found, replace(target, settings=target.settings or inherited))

    def move(self, source: ObjectSource, target: ObjectTarget) -> StoredObject:
        """Rename an object within its bucket.

        Raises:
            ApiError: as `copy`, and 403 for a protected source.
        """
        is_renamed = source.name != target.name
        with self._data.lock:
            found = self._lookup.resolve(source)
            if is_renamed:
                self._deletion.check(found)
            moved = self.copy(source, replace(target, key_sha256=found.key_sha256, kms_key=found.kms_key))
            if is_renamed:
                self._deletion.delete(found, archives=source.generation is None)
        return moved

    def compose(self, sources: Sequence[ObjectSource], target: ObjectTarget) -> StoredObject:
        """Concatenate up to 32 objects of one bucket.

        Raises:
            ApiError: 400 for the number of sources or a key, 404 for a source, 412 for the conditions.
        """
        if not 1 <= len(sources) <= _MOST_SOURCES:
            raise invalid_argument(f"A compose request names 1 to {_MOST_SOURCES} source objects, not {len(sources)}.")
        self._commit.check_target(target)
        found = [self._lookup.resolve(source) for source in sources]
        for item in found:
            check_key(item.key_sha256, target.key_sha256)
        settings = target.settings or {"contentType": found[0].content_type}
        content = self._data.content
        joined = content.write(chunk for item in found for chunk in content.read(item.content_id))
        count = sum(item.component_count or 1 for item in found)
        return self._commit.commit(replace(target, settings=settings), replace(joined, md5=""), component_count=count)

    def restore(self, source: ObjectSource, conditions: Preconditions) -> StoredObject:
        """Make a soft-deleted object live again, as a new generation.

        Args:
            source: the soft-deleted object, with its generation.
            conditions: the conditions on the live object of that name.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        with self._data.lock:
            self._lookup.index(source.bucket)
            found = self._data.soft_deleted.get(source.bucket, source.name, source.generation or 0)
            target = ObjectTarget(
                bucket=source.bucket, name=source.name, settings=found.settings, conditions=conditions,
                key_sha256=found.key_sha256, kms_key=found.kms_key,
            )  # fmt: skip
            restored = self._write_copy(found, target)
            self._data.soft_deleted.remove(found)
        return restored

    def _write_copy(self, found: StoredObject, target: ObjectTarget) -> StoredObject:
        content = ContentFile(uuid4().hex, found.size_bytes, found.crc32c, found.md5 or "")
        self._data.content.share(self._data.content.path(found.content_id), content.content_id)
        return self._commit.commit(target, content, component_count=found.component_count)
