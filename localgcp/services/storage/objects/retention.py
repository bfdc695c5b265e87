"""How long holds, a bucket's retention policy and an object's own retention protect an object.

https://cloud.google.com/storage/docs/bucket-lock, https://cloud.google.com/storage/docs/object-holds,
https://cloud.google.com/storage/docs/object-lock
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.storage.conventions.values import integer, is_true, timestamp
from localgcp.services.storage.objects.resources import StoredObject

Settings = Mapping[str, Any]

HOLDS = {"temporaryHold": "Temporary", "eventBasedHold": "Event-Based"}
# A copy does not inherit these settings of its source.
NOT_COPIED = frozenset({*HOLDS, "retention"})


def expiration(stored: StoredObject, bucket: Settings) -> datetime | None:
    """Return the time until which an object must not be deleted.

    Args:
        bucket: the settings of its bucket.

    Returns:
        The time, or None if no retention applies, or if its period starts when an event-based hold ends.
    """
    times = []
    period = integer("retentionPeriod", (bucket.get("retentionPolicy") or {}).get("retentionPeriod")) or 0
    if period and not is_true(stored.settings, "eventBasedHold"):
        times.append(timestamp(stored.retained_from or stored.created) + timedelta(seconds=period))
    if until := (stored.settings.get("retention") or {}).get("retainUntilTime"):
        times.append(timestamp(str(until)))
    return max(times, default=None)


def check_deletion(stored: StoredObject, bucket: Settings, now: str, *, is_archived: bool) -> None:
    """Refuse to delete or replace a protected object.

    Args:
        bucket: the settings of its bucket.
        is_archived: whether the object becomes noncurrent. A retention period allows this; a hold does not.

    Raises:
        ApiError: 403, with the reasons that Google gives.
    """
    name = f"Object '{stored.bucket}/{stored.name}'"
    for hold, words in HOLDS.items():
        if is_true(stored.settings, hold):
            message = (
                f"{name} is under active {words} hold and cannot be deleted, overwritten or archived until hold is"
                " removed."
            )
            raise _forbidden(message, "objectUnderActiveHold")
    until = expiration(stored, bucket)
    if until is not None and until > timestamp(now) and not is_archived:
        message = (
            f"{name} is subject to bucket's retention policy or object retention and cannot be deleted or overwritten"
            f" until {until.isoformat()}"
        )
        raise _forbidden(message, "retentionPolicyNotMet")


def check_custom_time(settings: Settings) -> None:
    """Refuse settings of an object with an invalid `customTime`.

    Raises:
        ApiError: 400.
    """
    if custom := settings.get("customTime"):
        timestamp(str(custom))


def check_retention_change(former: Settings, wanted: Settings, bucket: Settings, *, overrides: bool) -> None:
    """Refuse a change of an object's own retention that Google refuses.

    Args:
        former, wanted: the settings of the object.
        bucket: the settings of its bucket.
        overrides: whether the request may weaken a retention that is not locked.

    Raises:
        ApiError: 400 if the bucket does not allow a retention per object or the retention is incomplete, 403 if
            the change would weaken the retention.
    """
    old, new = former.get("retention") or {}, wanted.get("retention") or {}
    if old == new:
        return
    if (bucket.get("objectRetention") or {}).get("mode") != "Enabled":
        raise invalid_argument(
            "Object retention is not enabled for the bucket: create the bucket with enableObjectRetention."
        )
    if new and (new.get("mode") not in ("Locked", "Unlocked") or not new.get("retainUntilTime")):
        raise invalid_argument("A retention needs a mode, Locked or Unlocked, and a retainUntilTime.")
    until = timestamp(str(new["retainUntilTime"])) if new else None
    is_weaker = until is None or (bool(old) and until < timestamp(old["retainUntilTime"]))
    if old.get("mode") == "Locked" and (is_weaker or new.get("mode") != "Locked"):
        raise _forbidden("A locked retention cannot be removed, shortened or unlocked.", "forbidden")
    if old and is_weaker and not overrides:
        raise _forbidden(
            "Removing or shortening an unlocked retention needs overrideUnlockedRetention=true.", "forbidden"
        )


def _forbidden(message: str, reason: str) -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", message, reason)
