"""The names of one bucket in order, and the pages of a list request over them."""

import base64
import binascii
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from localgcp.errors import invalid_argument
from localgcp.storage.resources import StoredObject


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """The parameters of `objects.list`: https://cloud.google.com/storage/docs/json_api/v1/objects/list.

    Attributes:
        page_size: the most items and prefixes, counted together, of one page.
        token: what the former page returned; None is the first page.
    """

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    glob: str = ""
    include_trailing_delimiter: bool = False
    page_size: int = 1000
    token: str | None = None


@dataclass(kw_only=True, slots=True)
class ListPage:
    """One page; `next_token` is None after the last."""

    items: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_token: str | None = None


class BucketIndex:
    """The live objects of one bucket by name, with the names in order (that of their UTF-8 bytes, as on Google)."""

    def __init__(self, stored: Iterable[StoredObject] = ()) -> None:
        self._objects = {item.name: item for item in stored}
        self._names = sorted(self._objects)

    def get(self, name: str) -> StoredObject | None:
        """Return the live object, or None."""
        return self._objects.get(name)

    def put(self, stored: StoredObject) -> None:
        """Add or replace."""
        if stored.name not in self._objects:
            insort(self._names, stored.name)
        self._objects[stored.name] = stored

    def remove(self, name: str) -> None:
        """Remove an object that is there."""
        del self._objects[name]
        del self._names[bisect_left(self._names, name)]

    def __len__(self) -> int:
        return len(self._names)

    def under(self, prefix: str) -> list[StoredObject]:
        """Return the objects whose name begins with the prefix, in order."""
        start = bisect_left(self._names, prefix)
        return [self._objects[name] for name in self._names[start : self._behind(prefix)]]

    def page(self, query: ListQuery) -> ListPage:
        """Return one page; its cost grows with the page, not with the bucket."""
        page = ListPage()
        last = None
        for count, entry in enumerate(self._entries(query)):
            if count == query.page_size:
                page.next_token = last.token() if last else None
                break
            if entry.item is not None:
                page.items.append(entry.item)
            if entry.is_prefix:
                page.prefixes.append(entry.key)
            last = entry
        return page

    def _entries(self, query: ListQuery) -> Iterator["_Entry"]:
        matches = glob_pattern(query.glob).fullmatch if query.glob else lambda _name: True
        position, end = self._start(query), self._behind(query.prefix)
        if query.end:
            end = min(end, bisect_left(self._names, query.end))
        while position < end:
            name = self._names[position]
            at = name.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
            key = name if at < 0 else name[: at + len(query.delimiter)]
            is_item = matches(name) and (at < 0 or (query.include_trailing_delimiter and name == key))
            if is_item or at >= 0:
                yield _Entry(key, is_prefix=at >= 0, item=self._objects[name] if is_item else None)
            position = position + 1 if at < 0 else self._behind(key)

    def _start(self, query: ListQuery) -> int:
        position = bisect_left(self._names, max(query.prefix, query.start))
        if query.token is None:
            return position
        last = _Entry.read(query.token)
        behind = self._behind(last.key) if last.is_prefix else bisect_right(self._names, last.key)
        return max(position, behind)

    def _behind(self, prefix: str) -> int:
        """The position behind all names that begin with the prefix."""
        return bisect_right(self._names, prefix, key=lambda name: name[: len(prefix)])


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a listing: an item, or what a delimiter folds together, or both (`dir/` beside `dir/file`)."""

    key: str
    is_prefix: bool
    item: StoredObject | None = None

    def token(self) -> str:
        """Name this entry as the last of a page; a page that is asked for later begins behind it, whatever changed."""
        return base64.urlsafe_b64encode(f"{int(self.is_prefix)}{self.key}".encode()).decode()

    @classmethod
    def read(cls, token: str) -> "_Entry":
        try:
            text = base64.urlsafe_b64decode(token.encode()).decode()
        except (ValueError, binascii.Error) as error:
            raise invalid_argument(f"Invalid page token {token!r}.") from error
        if text[:1] not in ("0", "1"):
            raise invalid_argument(f"Invalid page token {token!r}.")
        return cls(text[1:], is_prefix=text[0] == "1")


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Translate a `matchGlob`: `*` and `?` stop at a slash, `**` does not, `[a-z]` and `{a,b}` are sets and choices.

    https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob

    Raises:
        ApiError: 400 for brackets that do not match.
    """
    parts = re.findall(r"\*\*|\[[^\]]*\]|.", glob, re.DOTALL)
    depth, pattern = 0, ""
    for part in parts:
        depth += {"{": 1, "}": -1}.get(part, 0)
        if depth < 0:
            break
        pattern += _glob_part(part, in_choice=depth > 0)
    try:
        if depth != 0:
            raise re.error("braces do not match")
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise invalid_argument(f"Invalid matchGlob {glob!r}: {error}.") from error


def _glob_part(part: str, *, in_choice: bool) -> str:
    if part.startswith("[") and len(part) > 1:
        return "[" + ("^" if part[1] in "!^" else "") + part[1:-1].lstrip("!^").replace("\\", r"\\") + "]"
    if part == "," and in_choice:
        return "|"
    return _GLOB_PARTS.get(part) or re.escape(part)


_GLOB_PARTS = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
