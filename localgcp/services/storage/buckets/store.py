"""Buckets: their settings, and the index of the objects in each."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localgcp.core.http.context import Context
from localgcp.core.http.errors import already_exists, invalid_argument, not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import now
from localgcp.services.storage.buckets.lifecycle import check_rules
from localgcp.services.storage.conventions.encryption import checked_kms_key
from localgcp.services.storage.conventions.names import check_bucket_name
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.records import Records
from localgcp.services.storage.objects.resources import Bucket, StoredObject, bucket_settings
from localgcp.services.storage.objects.retention import bucket_settings_with_rules

_ANY = Preconditions()


class Buckets:
    """All buckets of one server."""

    def __init__(self, context: Context, objects: Records) -> None:
        """Load them, with the index of the objects in each."""
        self._project = context.settings.project
        self._lock = context.state.lock
        self._items = context.state.collection("storage.buckets")
        live, former = _by_bucket(objects.live()), _by_bucket(objects.former())
        self._index = {name: BucketIndex(live[name], former[name]) for name in self._items.names()}
        self._generation = 0

    def has(self, name: str) -> bool:
        """Tell whether there is a bucket of that name."""
        return name in self._items

    def index(self, name: str) -> BucketIndex:
        """Return the objects of a bucket.

        Raises:
            ApiError: 404.
        """
        index = self._index.get(name)
        if index is None:
            raise not_found(f"The specified bucket does not exist: {name}.")
        return index

    def find(self, bucket: str, name: str, content_id: str) -> StoredObject | None:
        """Return the version of an object with that content, or None where there is none, or no such bucket."""
        index = self._index.get(bucket)
        found = index.versions(name) if index is not None else []
        return next((item for item in found if item.content_id == content_id), None)

    def create(
        self, name: str, project: str | None = None, location: str = "US",
        settings: Mapping[str, Any] | None = None, *, retains: bool = False,
    ) -> Bucket:  # fmt: skip
        """Make a bucket.

        Args:
            project: None is the server's own project.
            settings: the Bucket fields that the client sets, as JSON.
            retains: its objects may have a retention of their own.

        Raises:
            ApiError: 400 for the name, 409 where it is taken.
        """
        check_bucket_name(name)
        time_now = now()
        wanted = bucket_settings(settings or {})
        former = {"objectRetention": {"mode": "Enabled"}} if retains else {}
        bucket = Bucket(
            name=name, project=project or self._project, location=location.upper(), created=time_now, updated=time_now,
            settings=_ruled(former, wanted, time_now),
        )  # fmt: skip
        with self._lock:
            # Two buckets never share one, even if the clock stands still.
            self._generation = max(self._generation + 1, CLOCK.time_ns() // 1000)
            return self.add(replace(bucket, generation=self._generation))

    def add(self, bucket: Bucket) -> Bucket:
        """Add a bucket without objects, new or restored.

        Raises:
            ApiError: 409 where its name is taken.
        """
        with self._lock:
            if bucket.name in self._items:
                raise already_exists(
                    f"The bucket {bucket.name} exists already. Take another name, or use that bucket.", "conflict"
                )
            self._index[bucket.name] = BucketIndex()
            return self.put(bucket)

    def get(self, name: str, conditions: Preconditions = _ANY, *, is_read: bool = True) -> Bucket:
        """Return a bucket.

        Raises:
            ApiError: 404; 412 or 304 for the conditions.
        """
        raw = self._items.get(name)
        if raw is None:
            raise not_found(f"The specified bucket does not exist: {name}.")
        bucket = Bucket.from_json(raw)
        conditions.check(f"bucket {name}", bucket, is_read=is_read)
        return bucket

    def of_project(self, project: str, prefix: str = "") -> list[Bucket]:
        """Return a project's buckets whose name begins with the prefix, sorted by name."""
        found = [Bucket.from_json(raw) for raw in self._items.values(prefix)]
        return sorted((item for item in found if item.project == project), key=lambda item: item.name)

    def change(self, name: str, body: Mapping[str, Any], conditions: Preconditions, *, merge: bool) -> Bucket:
        """Patch (`merge`) or update a bucket's settings.

        Raises:
            ApiError: 404, or 412 for the conditions.
        """
        with self._lock:
            present = self.get(name, conditions, is_read=False)
            changed = present.changed(body, now(), merge=merge)
            settings = _ruled(present.settings, changed.settings, changed.updated)
            return self.put(replace(changed, settings=settings))

    def lock_retention(self, name: str, conditions: Preconditions) -> Bucket:
        """Make a bucket's retention policy one that is never weakened again.

        Raises:
            ApiError: 404; 400 where it has none or the conditions name no metageneration; 412 for the conditions.
        """
        if conditions.metageneration_match is None:
            raise invalid_argument("Required parameter: ifMetagenerationMatch", "required")
        with self._lock:
            present = self.get(name, conditions, is_read=False)
            policy = present.settings.get("retentionPolicy")
            if not policy:
                raise invalid_argument(f"The bucket {name} has no retention policy to lock.")
            settings = {**present.settings, "retentionPolicy": {**policy, "isLocked": True}}
            metageneration = present.metageneration + 1
            return self.put(replace(present, settings=settings, updated=now(), metageneration=metageneration))

    def put(self, bucket: Bucket) -> Bucket:
        """Store a bucket that changed, as it is; the caller holds the lock."""
        self._items.put(bucket.name, bucket.to_json())
        return bucket

    def delete(self, name: str, conditions: Preconditions = _ANY) -> Bucket:
        """Delete an empty bucket, and return it.

        Raises:
            ApiError: 404; 409 where it holds objects; 412 for the conditions.
        """
        with self._lock:
            present = self.get(name, conditions, is_read=False)
            if count := len(self._index[name]):
                raise already_exists(
                    f"The bucket {name} is not empty: delete its objects and their versions first ({count}).",
                    "conflict",
                )
            self._items.delete(name)
            del self._index[name]
        return present


def _ruled(former: Mapping[str, Any], wanted: Mapping[str, Any], time_now: str) -> dict[str, Any]:
    check_rules(wanted)
    checked_kms_key((wanted.get("encryption") or {}).get("defaultKmsKeyName"))
    return bucket_settings_with_rules(former, dict(wanted), time_now)


def _by_bucket(objects: list[StoredObject]) -> dict[str, list[StoredObject]]:
    members: dict[str, list[StoredObject]] = defaultdict(list)
    for item in objects:
        members[item.bucket].append(item)
    return members
