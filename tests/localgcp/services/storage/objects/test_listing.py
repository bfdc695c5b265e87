"""Lists by prefix, delimiter and page, compared with a simple definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.objects.globs import glob_pattern
from localgcp.services.storage.objects.index import BucketIndex
from localgcp.services.storage.objects.listing import ListQuery
from localgcp.services.storage.objects.resources import StoredObject


def _object(name: str) -> StoredObject:
    return StoredObject(
        bucket="b", name=name, generation=1, content_id="c", size_bytes=0, crc32c="", md5="", created="", updated=""
    )  # fmt: skip


def _index(*names: str) -> BucketIndex:
    return BucketIndex(map(_object, names))


def _all_pages(index: BucketIndex, **query: object) -> tuple[list[str], list[str]]:
    items, prefixes, token = [], [], None
    for _ in range(100):
        page = index.page(ListQuery(token=token, **query))
        items += [item.name for item in page.items]
        prefixes += page.prefixes
        token = page.next_token
        if token is None:
            return items, prefixes
    raise AssertionError("the pages do not end")


_names = st.lists(st.text("ab/\U0010ffff", min_size=1, max_size=5), max_size=25, unique=True)


@given(_names, st.text("ab/", max_size=2), st.sampled_from(["", "/", "ab"]), st.booleans(), st.integers(1, 4))
def test_pages_together_are_the_whole_list(
    names: list[str], prefix: str, delimiter: str, trailing: bool, size: int
) -> None:
    items, prefixes = [], set()
    for name in sorted(name for name in names if name.startswith(prefix)):
        at = name.find(delimiter, len(prefix)) if delimiter else -1
        folded = name[: at + len(delimiter)] if at >= 0 else None
        if folded is not None:
            prefixes.add(folded)
        if folded is None or (trailing and folded == name):
            items.append(name)
    found = _all_pages(
        _index(*names), prefix=prefix, delimiter=delimiter, include_trailing_delimiter=trailing, page_size=size
    )
    assert found == (items, sorted(prefixes))


@given(_names, st.text("ab/", max_size=2))
def test_under_returns_the_names_with_the_prefix_in_order(names: list[str], prefix: str) -> None:
    expected = sorted(name for name in names if name.startswith(prefix))
    assert [item.name for item in _index(*names).under(prefix)] == expected


@given(_names, _names)
def test_index_after_puts_and_removals_equals_a_new_index(names: list[str], removed: list[str]) -> None:
    index = _index()
    for name in names:
        index.put(_object(name))
    for name in set(removed) & set(names):
        index.remove(name)
    assert [item.name for item in index.under("")] == sorted(set(names) - set(removed))


def test_start_and_end_offset_bound_the_names() -> None:
    assert _all_pages(_index("a", "b", "c", "d"), start="b", end="d")[0] == ["b", "c"]


def test_removal_between_two_pages_skips_nothing() -> None:
    index = _index("a", "b", "c", "d")
    first = index.page(ListQuery(page_size=2))
    index.remove("a")
    index.remove("b")
    second = index.page(ListQuery(page_size=2, token=first.next_token))
    assert [item.name for item in second.items] == ["c", "d"]


@pytest.mark.parametrize("token", ["x", "é", "MQ", "OWE="])
def test_token_that_no_page_returned_is_a_400(token: str) -> None:
    with pytest.raises(ApiError) as caught:
        _index("a").page(ListQuery(token=token))
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("*.csv", "a.csv", "d/a.csv"),
        ("**.csv", "d/a.csv", "a.txt"),
        ("d/?.csv", "d/a.csv", "d/ab.csv"),
        ("[a-c]x", "bx", "dx"),
        ("[!a-c]x", "dx", "bx"),
        ("{a,b}/x", "b/x", "c/x"),
        ("a,b", "a,b", "a"),
        ("a.b", "a.b", "axb"),
    ],
)
def test_glob_matches(glob: str, matching: str, other: str) -> None:
    assert _all_pages(_index(matching, other), glob=glob)[0] == [matching]


@pytest.mark.parametrize("glob", ["{a", "a}", "[b-a]"])
def test_malformed_glob_is_a_400(glob: str) -> None:
    with pytest.raises(ApiError) as caught:
        glob_pattern(glob)
    assert caught.value.code == 400
