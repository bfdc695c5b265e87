"""List methods of jobs: filter, newest first, pages, read mask."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.masks import masked
from localgcp.core.conventions.paging import page

_LARGEST_PAGE = 1000
Item = dict[str, Any]


def newest_first(
    collection: str,
    items: Sequence[Item],
    query: Mapping[str, str | None],
    *,
    fields: Collection[str],
    shown: Callable[[Item], Item] = lambda item: item,
) -> dict[str, Any]:
    """Return the response with one page.

    Args:
        collection: the name of the list in the response.
        items: all items, oldest first, each with its `name`.
        query: `filter`, `pageSize`, `pageToken` and `readMask`.
        fields: the fields that a filter may name.
        shown: returns an item as the response shows it; called for the items of the page alone.

    Raises:
        ApiError: 400 for a filter or a token that is not well formed.
    """
    matches = compile_filter(query.get("filter") or "", fields=fields)
    found = [item for item in reversed(items) if matches(item)]
    size, token = int(query.get("pageSize") or 0), query.get("pageToken")
    chosen, following = page(found, size, token, limit=_LARGEST_PAGE, key=lambda item: str(item["name"]))
    answer: dict[str, Any] = {collection: [masked(shown(item), query.get("readMask") or "") for item in chosen]}
    return answer | ({"nextPageToken": following} if following else {})
