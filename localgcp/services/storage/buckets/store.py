"""The live buckets of one server."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localgcp.core.conventions.errors import already_exists, invalid_argument, not_found
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.buckets.lifecycle import check_rules
from localgcp.services.storage.buckets.policies import with_policies
from localgcp.services.storage.buckets.resources import Bucket, bucket_settings
from localgcp.services.storage.conventions.encryption import checked_kms_key
from localgcp.services.storage.conventions.names import check_bucket_name
from localgcp.services.storage.conventions.preconditions import Preconditions

_ANY = Preconditions()


class Buckets:
    """All live buckets of one server, without the objects in them."""

    def __init__(self, context: Context) -> None:
        """Load the buckets from the state."""
        self._project = context.settings.project
        self._lock = context.state.lock
        self._collection = context.state.collection("storage.buckets")
        self._buckets = self._collection.records(Bucket.from_json)
        self._generation = 0

    def has(self, name: str) -> bool:
        """Return whether a bucket of that name exists."""
        return name in self._buckets

    def create(
        self, name: str, project: str | None = None, location: str = "US",
        settings: Mapping[str, Any] | None = None, *, retains: bool = False,
    ) -> Bucket:  # fmt: skip
        """Create a bucket.

        Args:
            project: None means the project of the server.
            settings: the Bucket fields that the client sets, as JSON.
            retains: whether each object may have a retention of its own.

        Raises:
            ApiError: 400 for the name or a setting, 409 if the name is taken.
        """
        check_bucket_name(name)
        time_now = CLOCK.text()
        wanted = bucket_settings(settings or {})
        former = {"objectRetention": {"mode": "Enabled"}} if retains else {}
        bucket = Bucket(
            name=name, project=project or self._project, location=location.upper(), created=time_now, updated=time_now,
            settings=_checked(former, wanted, time_now),
        )  # fmt: skip
        with self._lock:
            # Each bucket gets its own generation, even if the clock stands still.
            self._generation = max(self._generation + 1, CLOCK.time_ns() // 1000)
            return self.add(replace(bucket, generation=self._generation))

    def add(self, bucket: Bucket) -> Bucket:
        """Add a new or restored bucket.

        Raises:
            ApiError: 409 if its name is taken.
        """
        with self._lock:
            if self.has(bucket.name):
                raise already_exists(
                    f"The bucket {bucket.name} exists already. Take another name, or use that bucket.", "conflict"
                )
            return self.put(bucket)

    def get(self, name: str, conditions: Preconditions = _ANY, *, is_read: bool = True) -> Bucket:
        """Return a bucket.

        Raises:
            ApiError: 404; 412 or 304 for the conditions.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            raise not_found(f"The specified bucket does not exist: {name}.")
        # The API has no conditions on the generation of a bucket.
        conditions.check(f"bucket {name}", generation=0, metageneration=bucket.metageneration, is_read=is_read)
        return bucket

    def of_project(self, project: str, prefix: str = "") -> list[Bucket]:
        """Return the buckets of a project whose names begin with the prefix, sorted by name."""
        with self._lock:
            found = [bucket for bucket in self._buckets.values() if bucket.name.startswith(prefix)]
        return sorted((bucket for bucket in found if bucket.project == project), key=lambda bucket: bucket.name)

    def change(self, name: str, body: Mapping[str, Any], conditions: Preconditions, *, merge: bool) -> Bucket:
        """Patch (`merge`) or update the settings of a bucket.

        Raises:
            ApiError: 404, 400 for a setting, 412 for the conditions, 403 for a change that weakens a locked policy.
        """
        with self._lock:
            present = self.get(name, conditions, is_read=False)
            changed = present.changed(body, CLOCK.text(), merge=merge)
            settings = _checked(present.settings, changed.settings, changed.updated)
            return self.put(replace(changed, settings=settings))

    def lock_retention(self, name: str, conditions: Preconditions) -> Bucket:
        """Lock the retention policy of a bucket; no request can weaken a locked policy.

        Raises:
            ApiError: 404; 400 if the bucket has no policy or the conditions name no metageneration; 412 for the
                conditions.
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
            return self.put(replace(present, settings=settings, updated=CLOCK.text(), metageneration=metageneration))

    def put(self, bucket: Bucket) -> Bucket:
        """Store a bucket unchecked; the caller holds the lock."""
        self._collection.put(bucket.name, bucket.to_json())
        self._buckets[bucket.name] = bucket
        return bucket

    def remove(self, name: str) -> None:
        """Remove a bucket unchecked; the caller holds the lock."""
        self._collection.delete(name)
        del self._buckets[name]


def _checked(former: Mapping[str, Any], wanted: Mapping[str, Any], time_now: str) -> dict[str, Any]:
    check_rules(wanted)
    checked_kms_key((wanted.get("encryption") or {}).get("defaultKmsKeyName"))
    return with_policies(former, wanted, time_now)
