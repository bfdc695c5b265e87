"""The order that a list method is asked for."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.conventions.ordering import ordered

ROWS = [{"displayName": "b", "made": "2"}, {"displayName": "a", "made": "1"}, {"displayName": "b", "made": "1"}]
FIELDS = {"displayName": "displayName", "createTime": "made"}


def names(order_by: str) -> list[str]:
    return [row["displayName"] + row["made"] for row in ordered(ROWS, order_by, fields=FIELDS)]


def test_empty_order_by_keeps_the_order() -> None:
    assert names("") == ["b2", "a1", "b1"]


def test_later_fields_decide_among_equals() -> None:
    assert names("display_name, create_time") == ["a1", "b1", "b2"]
    assert names("displayName desc,create_time desc") == ["b2", "b1", "a1"]
    assert names("create_time asc") == ["a1", "b1", "b2"]


@pytest.mark.parametrize("order_by", ["made", "display_name down", "display_name desc asc"])
def test_other_fields_and_directions_are_refused(order_by: str) -> None:
    with pytest.raises(ApiError, match="is not a field to order by"):
        names(order_by)
