"""Pages of a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.core.conventions.paging import page


@given(st.lists(st.integers(), max_size=50), st.integers(1, 20), st.integers(1, 20))
def test_pages_hold_every_item_once_and_in_order(items: list[int], size: int, limit: int) -> None:
    seen: list[int] = []
    part, token = page(items, size, None, limit=limit)
    seen += part
    while token:
        assert len(part) == min(size, limit)
        part, token = page(items, size, token, limit=limit)
        seen += part
    assert seen == items


@pytest.mark.parametrize("size", [None, 0])
def test_page_size_defaults_to_the_limit(size: int | None) -> None:
    part, token = page(list(range(5)), size, "", limit=3)
    assert list(part) == [0, 1, 2]
    assert token


@pytest.mark.parametrize("token", ["x", "not a token", "eA==", "é"])
def test_foreign_token_is_a_400(token: str) -> None:
    with pytest.raises(ApiError) as caught:
        page([1, 2], 1, token, limit=10)
    assert caught.value.code == 400


def test_negative_size_is_a_400() -> None:
    with pytest.raises(ApiError, match="-1") as caught:
        page([1, 2], -1, None, limit=10)
    assert caught.value.code == 400


class TestWithKey:
    def test_new_items_in_front_do_not_shift_the_pages(self) -> None:
        first, token = page([5, 4, 3, 2, 1], 2, None, limit=9, key=str)
        second, token = page([7, 6, 5, 4, 3, 2, 1], 2, token, limit=9, key=str)
        third, token = page([8, 7, 6, 5, 4, 3, 2, 1], 2, token, limit=9, key=str)
        assert [*first, *second, *third] == [5, 4, 3, 2, 1]
        assert token is None

    def test_next_page_begins_at_the_position_of_a_deleted_last_item(self) -> None:
        _, token = page([5, 4, 3, 2, 1], 2, None, limit=9, key=str)
        assert list(page([5, 3, 2, 1], 2, token, limit=9, key=str)[0]) == [2, 1]
