"""Lets time do its work in a bucket: lifecycle rules, and the end of what was soft-deleted.

It happens when a bucket is used and a second or more has passed since the last time, so that nobody sees what should be
gone. On Google rules take up to a day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from localgcp.core.http.errors import ApiError
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import now
from localgcp.services.storage.buckets.lifecycle import DELETE, Facts, Rule, decision, is_aborted, rules_of
from localgcp.services.storage.objects.resources import Bucket, StoredObject
from localgcp.services.storage.objects.retention import moment

if TYPE_CHECKING:
    from localgcp.services.storage.store import StorageStore

_SECOND_NS = 1_000_000_000


class Sweeper:
    """The sweeps of one server; who sweeps holds the lock of the state."""

    def __init__(self, store: "StorageStore") -> None:
        self._store = store
        self._swept: dict[str, tuple[int, int]] = {}

    def is_due(self, bucket: str) -> bool:
        """Tell whether time has passed since the last sweep; for this alone no lock is needed."""
        return self._swept.get(bucket) != self._mark(self._store.buckets.get(bucket))

    def sweep(self, bucket: str) -> None:
        """Bring a bucket up to the present."""
        found = self._store.buckets.get(bucket)
        self._swept[bucket] = self._mark(found)  # first, because what follows uses the bucket
        self._store.soft_deleted.expire(bucket, self._store.content)
        if rules := rules_of(found.settings):
            time_now = moment(now())
            self._sweep_objects(bucket, rules, time_now)
            self._sweep_uploads(bucket, rules, time_now)

    @staticmethod
    def _mark(bucket: Bucket) -> tuple[int, int]:
        """Return the second of the clock, and the version of the rules: new ones count at once."""
        return CLOCK.time_ns() // _SECOND_NS, bucket.metageneration

    def _sweep_objects(self, bucket: str, rules: Sequence[Rule], time_now: datetime) -> None:
        index = self._store.buckets.index(bucket)
        for name in index.all_names():
            versions = index.versions(name)
            for newer, item in enumerate(reversed(versions)):
                action = decision(rules, _facts(item, newer), time_now)
                if action == DELETE:
                    self._delete(item)
                elif action is not None:
                    settings = {**item.settings, "storageClass": action}
                    self._store.put(replace(item, settings=settings, class_changed=now()))

    def _sweep_uploads(self, bucket: str, rules: Sequence[Rule], time_now: datetime) -> None:
        for upload in self._store.multiparts.of_bucket(bucket):
            if is_aborted(rules, Facts(name=upload.target.name, created=moment(upload.created)), time_now):
                self._store.multiparts.abort(upload)

    def _delete(self, item: StoredObject) -> None:
        try:
            self._store.keeper.let_go(item, archives=item.deleted is None)
        except ApiError:
            return  # held or retained; the rule does its work later


def _facts(item: StoredObject, newer: int) -> Facts:
    custom = item.settings.get("customTime")
    return Facts(
        name=item.name, created=moment(item.created), size_bytes=item.size_bytes, storage_class=item.storage_class,
        custom_time=moment(str(custom)) if custom else None, newer=newer,
        noncurrent=moment(item.deleted) if item.deleted else None,
    )  # fmt: skip
