"""Until when an object must stay: holds, a bucket's retention policy and an object's own retention.

https://cloud.google.com/storage/docs/bucket-lock, https://cloud.google.com/storage/docs/object-holds,
https://cloud.google.com/storage/docs/object-lock
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from localgcp.core.http.errors import ApiError, invalid_argument
from localgcp.services.storage.conventions.preconditions import integer
from localgcp.services.storage.objects.resources import StoredObject

Settings = Mapping[str, Any]

HOLDS = {"temporaryHold": "Temporary", "eventBasedHold": "Event-Based"}
# What protects an object belongs to it, and does not come along with a copy.
OF_ONE_OBJECT = frozenset({*HOLDS, "retention"})
_LONGEST_S = 3_155_760_000  # 100 years
_SOFT_DELETE_S = range(7 * 86_400, 90 * 86_400 + 1)


def expiration(stored: StoredObject, bucket: Settings) -> datetime | None:
    """Return until when an object must not be deleted; None where nothing says so, or an event decides."""
    times = []
    period = integer("retentionPeriod", (bucket.get("retentionPolicy") or {}).get("retentionPeriod")) or 0
    if period and not is_on(stored.settings, "eventBasedHold"):
        times.append(moment(stored.retained_from or stored.created) + timedelta(seconds=period))
    if until := (stored.settings.get("retention") or {}).get("retainUntilTime"):
        times.append(moment(str(until)))
    return max(times, default=None)


def check_may_go(stored: StoredObject, bucket: Settings, now: str, *, is_archived: bool) -> None:
    """Refuse to delete or replace an object that must stay.

    Args:
        bucket: the settings of its bucket.
        is_archived: it becomes noncurrent, and so stays; a hold forbids even that.

    Raises:
        ApiError: 403, with the reasons that Google gives.
    """
    name = f"Object '{stored.bucket}/{stored.name}'"
    for hold, words in HOLDS.items():
        if is_on(stored.settings, hold):
            message = (
                f"{name} is under active {words} hold and cannot be deleted, overwritten or archived until hold is"
                " removed."
            )
            raise _forbidden(message, "objectUnderActiveHold")
    until = expiration(stored, bucket)
    if until is not None and until > moment(now) and not is_archived:
        message = (
            f"{name} is subject to bucket's retention policy or object retention and cannot be deleted or overwritten"
            f" until {until.isoformat()}"
        )
        raise _forbidden(message, "retentionPolicyNotMet")


def bucket_settings_with_rules(former: Settings, wanted: dict[str, Any], now: str) -> dict[str, Any]:
    """Return the settings of a bucket with what the server adds to its policies.

    Args:
        former: the settings until now.
        wanted: what they shall be.

    Raises:
        ApiError: 400 for a period that Google does not allow, 403 for a locked policy that would be weakened.
    """
    found = dict(wanted)
    policy, locked = found.get("retentionPolicy"), former.get("retentionPolicy") or {}
    period = integer("retentionPolicy.retentionPeriod", (policy or {}).get("retentionPeriod"))
    if policy and not (period and 0 < period < _LONGEST_S):
        raise invalid_argument(f"A retention period has from 1 to {_LONGEST_S - 1} seconds, not {period}.")
    if locked.get("isLocked") and (period or 0) < int(locked["retentionPeriod"]):
        raise _forbidden("A locked retention policy cannot be removed or shortened.", "forbidden")
    if "objectRetention" in former:
        found["objectRetention"] = former["objectRetention"]
    if policy:
        is_same = str(period) == locked.get("retentionPeriod")
        effective = locked["effectiveTime"] if is_same else now
        kept = {"isLocked": True} if locked.get("isLocked") else {}
        found["retentionPolicy"] = {"retentionPeriod": str(period), "effectiveTime": effective, **kept}
    if soft := found.get("softDeletePolicy"):
        found["softDeletePolicy"] = _soft_delete_policy(soft, former.get("softDeletePolicy") or {}, now)
    return found


def _soft_delete_policy(wanted: Settings, former: Settings, now: str) -> dict[str, Any]:
    seconds = integer("softDeletePolicy.retentionDurationSeconds", wanted.get("retentionDurationSeconds")) or 0
    if seconds and seconds not in _SOFT_DELETE_S:
        raise invalid_argument(f"A soft delete policy keeps objects for 0 or 7 to 90 days, not {seconds} seconds.")
    is_same = str(seconds) == former.get("retentionDurationSeconds")
    return {
        "retentionDurationSeconds": str(seconds),
        "effectiveTime": former["effectiveTime"] if is_same else now,
    }


def check_custom_time(settings: Settings) -> None:
    """Refuse settings of an object whose `customTime` is no time.

    Raises:
        ApiError: 400.
    """
    if custom := settings.get("customTime"):
        moment(str(custom))


def check_retention_change(former: Settings, wanted: Settings, bucket: Settings, *, overrides: bool) -> None:
    """Refuse a change of an object's own retention.

    Args:
        former, wanted: the object's settings.
        overrides: the request may weaken a retention that is not locked.

    Raises:
        ApiError: 400 where the bucket does not allow it or the value is none, 403 where it would be weakened.
    """
    old, new = former.get("retention") or {}, wanted.get("retention") or {}
    if old == new:
        return
    if (bucket.get("objectRetention") or {}).get("mode") != "Enabled":
        raise invalid_argument("Object retention is not enabled for the bucket: make it with enableObjectRetention.")
    if new and (new.get("mode") not in ("Locked", "Unlocked") or not new.get("retainUntilTime")):
        raise invalid_argument("A retention has a mode, Locked or Unlocked, and a retainUntilTime.")
    until = moment(str(new["retainUntilTime"])) if new else None
    weaker = until is None or (bool(old) and until < moment(old["retainUntilTime"]))
    if old.get("mode") == "Locked" and (weaker or new.get("mode") != "Locked"):
        raise _forbidden("A locked retention cannot be removed, shortened or unlocked.", "forbidden")
    if old and weaker and not overrides:
        raise _forbidden(
            "An unlocked retention is removed or shortened only with overrideUnlockedRetention.", "forbidden"
        )


def is_on(settings: Settings, name: str) -> bool:
    """Tell whether a boolean setting is true; it travels as text too."""
    return settings.get(name) in (True, "true")


def moment(text: str) -> datetime:
    """Read a time in RFC 3339.

    Raises:
        ApiError: 400 where it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_argument(f"Invalid time {text!r}: RFC 3339 was expected.") from error
    if found.tzinfo is None:
        raise invalid_argument(f"Invalid time {text!r}: it has no zone.")
    return found


def _forbidden(message: str, reason: str) -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", message, reason)
