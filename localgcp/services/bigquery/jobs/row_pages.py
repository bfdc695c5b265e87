"""Pages of rows: the page token is the index of the next page's first row."""

import re

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http.routing import Request

# BigQuery ends a page at 10 MB, which is about this many rows of the usual tables.
_LARGEST_PAGE = 20_000
_INDEX = re.compile(r"\d{1,18}", re.ASCII)


def page_bounds(request: Request) -> tuple[int, int]:
    """Return the index of the first row and the number of rows that a request asks for.

    Raises:
        ApiError: 400 for a token that no page returned, or a number below 0.
    """
    token, start = request.one("pageToken"), request.one("startIndex")
    if token and not _INDEX.fullmatch(token):
        raise invalid_argument(f"Invalid page token {token!r}.")
    if start and not _INDEX.fullmatch(start):
        raise invalid_argument(f"Invalid value for startIndex: {start}")
    asked = request.one("maxResults")
    return int(token or start or 0), page_size(int(asked) if asked else None)


def page_size(asked: int | None) -> int:
    """Return the number of rows of a page.

    Args:
        asked: `maxResults` of the request, or None.

    Raises:
        ApiError: 400 for a number below 0.
    """
    if asked is not None and asked < 0:
        raise invalid_argument(f"Invalid value for maxResults: {asked}")
    return _LARGEST_PAGE if asked is None else min(asked, _LARGEST_PAGE)


def page_token(position: int, total: int) -> dict[str, str]:
    """Return the `pageToken` field of an answer; empty after the last page."""
    return {"pageToken": str(position)} if position < total else {}
