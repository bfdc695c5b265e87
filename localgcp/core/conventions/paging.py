"""Pages of a list method: the opaque token holds the position of the next item, and perhaps the key of the last one."""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from localgcp.core.conventions.errors import invalid_argument

Item = TypeVar("Item")


def page(
    items: Sequence[Item],
    size: int | None,
    token: str | None,
    *,
    limit: int,
    key: Callable[[Item], str] | None = None,
) -> tuple[Sequence[Item], str | None]:
    """Return one page and the token of the next, None after the last.

    Args:
        size: the items asked for; None or 0 means `limit`.
        token: what the former page returned; None or empty is the first page.
        limit: the largest page of this method.
        key: returns the unique key of an item. With keys the next page begins behind the last item of this one, so
            that new items before it do not shift the pages.

    Raises:
        ApiError: 400 for a token that no page returned, or a size below 0.
    """
    if size is not None and size < 0:
        raise invalid_argument(f"Invalid page size {size}: it must not be negative.")
    start, last = _read(token) if token else (0, "")
    if key is not None and last:
        start = next((position + 1 for position, item in enumerate(items) if key(item) == last), start)
    end = start + min(size or limit, limit)
    return items[start:end], _token(end, key(items[end - 1]) if key else "") if end < len(items) else None


def _token(position: int, last: str) -> str:
    return base64.urlsafe_b64encode(f"{position} {last}".encode()).decode()


def _read(token: str) -> tuple[int, str]:
    try:
        position, _, last = base64.urlsafe_b64decode(token.encode()).decode().partition(" ")
        return int(position), last
    except ValueError as error:
        raise invalid_argument(f"Invalid page token {token!r}.") from error
