"""The stored data of Cloud Storage, without the rules for its changes."""

from dataclasses import dataclass
from typing import Self

from localgcp.core.http.context import Context
from localgcp.core.state.lock import Lock
from localgcp.services.storage.buckets.store import Buckets
from localgcp.services.storage.objects.content import ContentFolder
from localgcp.services.storage.objects.records import ObjectRecords
from localgcp.services.storage.objects.soft_deletion import SoftDeletedObjects


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredData:
    """The stored buckets, objects and bytes of one server.

    Attributes:
        lock: the lock of the state; a change of several parts holds it.
        buckets: the live buckets.
        objects: the live and noncurrent objects.
        soft_deleted: the objects that a client can restore.
        content: the bytes of all objects.
    """

    lock: Lock
    buckets: Buckets
    objects: ObjectRecords
    soft_deleted: SoftDeletedObjects
    content: ContentFolder

    @classmethod
    def load(cls, context: Context) -> Self:
        """Read the state folder of a server."""
        content = ContentFolder(context.state.folder("storage"))
        return cls(
            lock=context.state.lock,
            buckets=Buckets(context),
            objects=ObjectRecords(context.state),
            soft_deleted=SoftDeletedObjects(context.state, content),
            content=content,
        )
