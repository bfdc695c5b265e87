"""Applies the time-dependent rules of a bucket: lifecycle rules, and the end of soft-delete periods.

A sweep happens when a request uses the bucket and the clock has moved on by a second or more, so that no request sees
an object that should have been deleted. On Google, lifecycle rules take up to a day.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from localgcp.core.conventions.errors import ApiError
from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.buckets.lifecycle import DELETE, Facts, decision, rules_of
from localgcp.services.storage.buckets.resources import Bucket
from localgcp.services.storage.conventions.values import timestamp
from localgcp.services.storage.objects.deletion import ObjectDeletion
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.stored_data import StoredData

Sweep = Callable[[Bucket, datetime], None]

_SECOND_NS = 1_000_000_000


class BucketSweeper:
    """Sweeps the buckets of one server; `sweep` needs the lock of the state, `is_due` does not."""

    def __init__(self, data: StoredData, deletion: ObjectDeletion) -> None:
        self._data = data
        self._deletion = deletion
        self._swept: dict[str, tuple[int, int]] = {}
        self._sweeps: list[Sweep] = [self._expire_soft_deleted, self._apply_rules]

    def add(self, sweep: Sweep) -> None:
        """Call a function with the bucket and the time in each sweep, after the objects were swept."""
        self._sweeps.append(sweep)

    def is_due(self, bucket: str) -> bool:
        """Return whether time has passed, or the bucket has changed, since its last sweep."""
        return self._swept.get(bucket) != _mark(self._data.buckets.get(bucket))

    def sweep(self, name: str) -> None:
        """Apply everything that is due in a bucket by now."""
        bucket = self._data.buckets.get(name)
        self._swept[name] = _mark(bucket)  # first, because the sweep itself uses the bucket
        time_now = timestamp(CLOCK.text())
        for sweep in self._sweeps:
            sweep(bucket, time_now)

    def _expire_soft_deleted(self, bucket: Bucket, _time_now: datetime) -> None:
        self._data.soft_deleted.expire(bucket.name)

    def _apply_rules(self, bucket: Bucket, time_now: datetime) -> None:
        rules = rules_of(bucket.settings)
        if not rules:
            return
        index = self._data.objects.index(bucket.name)
        for name in index.all_names():
            for newer, item in enumerate(reversed(index.versions(name))):
                action = decision(rules, _facts(item, newer), time_now)
                if action == DELETE:
                    self._delete(item)
                elif action is not None:
                    settings = {**item.settings, "storageClass": action}
                    self._data.objects.put(replace(item, settings=settings, class_changed=CLOCK.text()))

    def _delete(self, item: StoredObject) -> None:
        try:
            self._deletion.delete(item, archives=item.deleted is None)
        except ApiError:
            return  # a hold or a retention protects the object; a later sweep deletes it


def _mark(bucket: Bucket) -> tuple[int, int]:
    """Return the second of the clock and the metageneration, so that new rules apply at once."""
    return CLOCK.time_ns() // _SECOND_NS, bucket.metageneration


def _facts(item: StoredObject, newer: int) -> Facts:
    custom = item.settings.get("customTime")
    return Facts(
        name=item.name, created=timestamp(item.created), size_bytes=item.size_bytes, storage_class=item.storage_class,
        custom_time=timestamp(str(custom)) if custom else None, newer=newer,
        noncurrent=timestamp(item.deleted) if item.deleted else None,
    )  # fmt: skip
