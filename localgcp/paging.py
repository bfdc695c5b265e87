"""Pages of a list method: an opaque token is the position of the next item."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from localgcp.errors import invalid_argument

Item = TypeVar("Item")


def page(
    items: Sequence[Item], size: int | None, token: str | None, *, limit: int
) -> tuple[Sequence[Item], str | None]:
    """Return one page and the token of the next, None after the last.

    Args:
        size: the items asked for; None or 0 means `limit`.
        token: what the former page returned; None or empty is the first page.
        limit: the largest page of this method.

    Raises:
        ApiError: 400 for a token that no page returned.
    """
    start = _position(token) if token else 0
    end = start + min(size or limit, limit)
    return items[start:end], _token(end) if end < len(items) else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode()


def _position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise invalid_argument(f"Invalid page token {token!r}.") from error
