"""Objects made of other objects: copies, renames, joins and restored ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from localgcp.core.http.errors import invalid_argument
from localgcp.services.storage.conventions.encryption import check_key
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.content import Written
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import OF_ONE_OBJECT
from localgcp.services.storage.objects.targets import Source, Target

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore

_MOST_SOURCES = 32


def copy(store: "StorageStore", source: Source, target: Target) -> StoredObject:
    """Copy an object; settings that the target does not name come from the source.

    Raises:
        ApiError: 404 for either bucket or the source, 400 for the name or a key, 412 for the conditions.
    """
    found = store.resolve(source)
    check_key(found.key_sha256, source.key_sha256)
    store.publisher.check_target(target)
    inherited = {name: value for name, value in found.settings.items() if name not in OF_ONE_OBJECT}
    return _of_same_bytes(store, found, replace(target, settings=target.settings or inherited))


def move(store: "StorageStore", source: Source, target: Target) -> StoredObject:
    """Rename an object within its bucket.

    Raises:
        ApiError: as `copy`, and 403 for a source that must stay.
    """
    with store.lock:
        found = store.resolve(source)
        if source.name != target.name:
            store.keeper.check_may_go(found)
        moved = copy(store, source, replace(target, key_sha256=found.key_sha256, kms_key=found.kms_key))
        if source.name != target.name:
            store.delete_object(source)
    return moved


def compose(store: "StorageStore", sources: Sequence[Source], target: Target) -> StoredObject:
    """Join up to 32 objects of one bucket into one.

    Raises:
        ApiError: 400 for their number or a key, 404 for a source, 412 for the conditions.
    """
    if not 1 <= len(sources) <= _MOST_SOURCES:
        raise invalid_argument(f"A compose request names 1 to {_MOST_SOURCES} source objects, not {len(sources)}.")
    store.publisher.check_target(target)
    found = [store.resolve(source) for source in sources]
    for item in found:
        check_key(item.key_sha256, target.key_sha256)
    settings = target.settings or {"contentType": found[0].content_type}
    written = store.content.write(chunk for item in found for chunk in store.content.read(item.content_id))
    count = sum(item.component_count or 1 for item in found)
    return store.publisher.publish(replace(target, settings=settings), replace(written, md5=""), component_count=count)


def restore(store: "StorageStore", source: Source, conditions: Preconditions) -> StoredObject:
    """Make a soft-deleted object live again, as a new generation.

    Args:
        source: names its generation.
        conditions: what must hold of the live object.

    Raises:
        ApiError: 404, or 412 for the conditions.
    """
    with store.lock:
        found = store.get_soft_deleted(source.bucket, source.name, source.generation or 0)
        target = Target(
            bucket=source.bucket, name=source.name, settings=found.settings, conditions=conditions,
            key_sha256=found.key_sha256, kms_key=found.kms_key,
        )  # fmt: skip
        restored = _of_same_bytes(store, found, target)
        store.soft_deleted.remove(found, store.content)
    return restored


def _of_same_bytes(store: "StorageStore", found: StoredObject, target: Target) -> StoredObject:
    written = Written(uuid4().hex, found.size_bytes, found.crc32c, found.md5 or "")
    store.content.share(store.content.path(found.content_id), written.content_id)
    return store.publisher.publish(target, written, component_count=found.component_count)
