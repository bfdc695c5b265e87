"""The retention policy and the soft-delete policy of a bucket.

https://cloud.google.com/storage/docs/bucket-lock, https://cloud.google.com/storage/docs/soft-delete
"""

from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.storage.conventions.values import integer

_LONGEST_RETENTION_S = 3_155_760_000  # 100 years
_SOFT_DELETE_S = range(7 * 86_400, 90 * 86_400 + 1)


def with_policies(former: Mapping[str, Any], wanted: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Check the policies in new settings of a bucket, and add the fields that the server sets in them.

    Args:
        former: the settings until now.
        wanted: the settings that the request asks for.
        now: the time from which a new policy takes effect, RFC 3339.

    Raises:
        ApiError: 400 for a period that Google does not allow, 403 for a request that weakens a locked policy.
    """
    settings = dict(wanted)
    retention = _retention_policy(wanted.get("retentionPolicy"), former.get("retentionPolicy") or {}, now)
    if retention:
        settings["retentionPolicy"] = retention
    if "objectRetention" in former:
        settings["objectRetention"] = former["objectRetention"]
    if soft_delete := wanted.get("softDeletePolicy"):
        settings["softDeletePolicy"] = _soft_delete_policy(soft_delete, former.get("softDeletePolicy") or {}, now)
    return settings


def _retention_policy(wanted: Mapping[str, Any] | None, former: Mapping[str, Any], now: str) -> dict[str, Any]:
    period = integer("retentionPolicy.retentionPeriod", (wanted or {}).get("retentionPeriod"))
    if wanted and not (period and 0 < period < _LONGEST_RETENTION_S):
        raise invalid_argument(f"A retention period has from 1 to {_LONGEST_RETENTION_S - 1} seconds, not {period}.")
    is_locked = bool(former.get("isLocked"))
    if is_locked and (period or 0) < int(former["retentionPeriod"]):
        message = "A locked retention policy cannot be removed or shortened."
        raise ApiError(403, "PERMISSION_DENIED", message, "forbidden")
    if not wanted:
        return {}
    is_same = str(period) == former.get("retentionPeriod")
    return {
        "retentionPeriod": str(period),
        "effectiveTime": former["effectiveTime"] if is_same else now,
        **({"isLocked": True} if is_locked else {}),
    }


def _soft_delete_policy(wanted: Mapping[str, Any], former: Mapping[str, Any], now: str) -> dict[str, Any]:
    seconds = integer("softDeletePolicy.retentionDurationSeconds", wanted.get("retentionDurationSeconds")) or 0
    if seconds and seconds not in _SOFT_DELETE_S:
        raise invalid_argument(f"A soft delete policy keeps objects for 0 or 7 to 90 days, not {seconds} seconds.")
    is_same = str(seconds) == former.get("retentionDurationSeconds")
    return {
        "retentionDurationSeconds": str(seconds),
        "effectiveTime": former["effectiveTime"] if is_same else now,
    }
