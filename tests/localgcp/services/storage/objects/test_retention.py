"""How long holds and retentions protect an object."""

from datetime import timedelta
from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.values import timestamp
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.retention import (
    check_deletion,
    check_retention_change,
    expiration,
)

_CREATED = "2030-01-01T00:00:00.000000Z"
_HOUR = {"retentionPolicy": {"retentionPeriod": "3600"}}
_ALLOWING = {"objectRetention": {"mode": "Enabled"}}


def _stored(retained_from: str | None = None, **settings: Any) -> StoredObject:
    return StoredObject(
        bucket="b", name="a", generation=1, content_id="c", size_bytes=1, crc32c="", md5=None, created=_CREATED,
        updated=_CREATED, retained_from=retained_from, settings=settings,
    )  # fmt: skip


def _until(text: str, mode: str = "Unlocked") -> dict[str, Any]:
    return {"retention": {"mode": mode, "retainUntilTime": text}}


@pytest.mark.parametrize(
    ("stored", "bucket", "until"),
    [
        (_stored(), {}, None),
        (_stored(), _HOUR, "2030-01-01T01:00:00Z"),
        (_stored("2030-01-02T00:00:00Z"), _HOUR, "2030-01-02T01:00:00Z"),
        (_stored(eventBasedHold=True), _HOUR, None),
        (_stored(temporaryHold=True), _HOUR, "2030-01-01T01:00:00Z"),
        (_stored(**_until("2030-01-01T00:30:00Z")), _HOUR, "2030-01-01T01:00:00Z"),
        (_stored(**_until("2030-01-01T02:00:00Z")), _HOUR, "2030-01-01T02:00:00Z"),
        (_stored(**_until("2030-01-01T02:00:00Z")), {}, "2030-01-01T02:00:00Z"),
    ],
)
def test_later_of_the_retentions_of_bucket_and_object_counts(
    stored: StoredObject, bucket: Any, until: str | None
) -> None:
    assert expiration(stored, bucket) == (timestamp(until) if until else None)


def test_period_ends_with_its_last_timestamp() -> None:
    end = timestamp(_CREATED) + timedelta(hours=1)
    check_deletion(_stored(), _HOUR, end.isoformat(), is_archived=False)
    before = (end - timedelta(microseconds=1)).isoformat()
    with pytest.raises(ApiError) as refused:
        check_deletion(_stored(), _HOUR, before, is_archived=False)
    assert (refused.value.code, refused.value.reason) == (403, "retentionPolicyNotMet")


def test_retained_object_may_become_noncurrent_but_a_held_object_may_not() -> None:
    check_deletion(_stored(), _HOUR, _CREATED, is_archived=True)
    with pytest.raises(ApiError, match="Temporary hold"):
        check_deletion(_stored(temporaryHold=True), {}, _CREATED, is_archived=True)


@pytest.mark.parametrize(
    ("old", "new", "overrides", "code"),
    [
        ({}, _until("2030-01-02T00:00:00Z"), False, None),
        (_until("2030-01-02T00:00:00Z"), _until("2030-01-03T00:00:00Z"), False, None),
        (_until("2030-01-02T00:00:00Z"), _until("2030-01-01T00:00:00Z"), False, 403),
        (_until("2030-01-02T00:00:00Z"), _until("2030-01-01T00:00:00Z"), True, None),
        (_until("2030-01-02T00:00:00Z"), {}, False, 403),
        (_until("2030-01-02T00:00:00Z", "Locked"), {}, True, 403),
        (_until("2030-01-02T00:00:00Z", "Locked"), _until("2030-01-03T00:00:00Z"), True, 403),
        (_until("2030-01-02T00:00:00Z"), _until("2030-01-02T00:00:00Z", "Locked"), False, None),
        ({}, {"retention": {"mode": "Locked"}}, False, 400),
        ({}, _until("soon", "Open"), False, 400),
        ({}, _until("soon"), False, 400),
    ],
)
def test_retention_of_an_object_is_weakened_only_with_an_override_and_never_when_locked(
    old: Any, new: Any, overrides: bool, code: int | None
) -> None:
    if code is None:
        check_retention_change(old, new, _ALLOWING, overrides=overrides)
        return
    with pytest.raises(ApiError) as refused:
        check_retention_change(old, new, _ALLOWING, overrides=overrides)
    assert refused.value.code == code
