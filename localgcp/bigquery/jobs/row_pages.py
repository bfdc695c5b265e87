"""Pages of rows: a token is the index of the first row of the next page."""

from localgcp.errors import invalid_argument
from localgcp.routing import Request

# BigQuery ends a page at 10 MB; this many rows of the tables here are about that.
_LARGEST_PAGE = 20_000


def page_bounds(request: Request) -> tuple[int, int]:
    """Return the first row and the number of rows that a request asks for.

    Raises:
        ApiError: 400 for a token that no page returned.
    """
    token = request.one("pageToken")
    if token and not token.isdigit():
        raise invalid_argument(f"Invalid page token {token!r}.")
    start = int(token or request.one("startIndex") or 0)
    asked = request.one("maxResults")
    return start, min(int(asked) if asked else _LARGEST_PAGE, _LARGEST_PAGE)


def page_token(position: int, total: int) -> dict[str, str]:
    """Return the `pageToken` of an answer, or nothing after the last page."""
    return {"pageToken": str(position)} if position < total else {}
