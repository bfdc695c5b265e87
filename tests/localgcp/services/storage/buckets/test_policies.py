"""The retention policy and the soft-delete policy of a bucket."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.buckets.policies import with_policies

_CREATED = "2030-01-01T00:00:00.000000Z"


def test_retention_policy_gets_its_effective_time_and_a_patch_cannot_lock_it() -> None:
    wanted = {"retentionPolicy": {"retentionPeriod": 60, "isLocked": True}}
    found = with_policies({}, wanted, _CREATED)
    assert found == {"retentionPolicy": {"retentionPeriod": "60", "effectiveTime": _CREATED}}
    again = with_policies(found, wanted, "2031-01-01T00:00:00Z")
    assert again == found


@pytest.mark.parametrize("period", [0, -1, 3_155_760_000])
def test_invalid_retention_period_is_refused(period: int) -> None:
    with pytest.raises(ApiError, match="retention period"):
        with_policies({}, {"retentionPolicy": {"retentionPeriod": period}}, _CREATED)
