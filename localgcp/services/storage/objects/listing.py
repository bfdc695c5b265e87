"""The pages of a list request over the names of one bucket."""

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from localgcp.core.http.errors import invalid_argument
from localgcp.services.storage.objects.globs import glob_pattern
from localgcp.services.storage.objects.resources import StoredObject

_TOKEN = re.compile(r"([01])(\d+)/(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """The parameters of `objects.list`: https://cloud.google.com/storage/docs/json_api/v1/objects/list.

    Attributes:
        page_size: the most items and prefixes, counted together, of one page.
        versions: noncurrent objects too.
        soft_deleted: those that are deleted and can be restored, instead of the others.
        token: what the former page returned; None is the first page.
    """

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    glob: str = ""
    include_trailing_delimiter: bool = False
    versions: bool = False
    soft_deleted: bool = False
    page_size: int = 1000
    token: str | None = None


@dataclass(kw_only=True, slots=True)
class ListPage:
    """One page; `next_token` is None after the last."""

    items: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_token: str | None = None


def page_of(names: Sequence[str], items: Callable[[str], Sequence[StoredObject]], query: ListQuery) -> ListPage:
    """Return one page of a listing; its cost grows with the page, not with the bucket.

    Args:
        names: in order.
        items: returns the objects of a name in order: the live one, or all its versions.

    Raises:
        ApiError: 400 for the page token or the glob.
    """
    page = ListPage()
    last = None
    for count, entry in enumerate(_Listing(names, items, query).entries()):
        if count == query.page_size:
            page.next_token = last.token() if last else None
            break
        page.items.extend(entry.items)
        if entry.is_prefix:
            page.prefixes.append(entry.key)
        last = entry
    return page


def behind(names: Sequence[str], prefix: str) -> int:
    """Return the position behind all names that begin with the prefix."""
    return bisect_right(names, prefix, key=lambda name: name[: len(prefix)])


def token_behind(name: str, *, is_prefix: bool = False) -> str:
    """Return the token of the page that begins behind a name, or behind all that a prefix folds together."""
    return _Entry(name, is_prefix=is_prefix).token()


@dataclass(frozen=True, slots=True)
class _Listing:
    """All lines of a listing from where a page begins."""

    names: Sequence[str]
    items: Callable[[str], Sequence[StoredObject]]
    query: ListQuery

    def entries(self) -> Iterator["_Entry"]:
        names, query = self.names, self.query
        matches = glob_pattern(query.glob).fullmatch if query.glob else lambda _name: True
        last = _Entry.read(query.token) if query.token is not None else None
        position, end = self._start(last), behind(names, query.prefix)
        if query.end:
            end = min(end, bisect_left(names, query.end))
        while position < end:
            name = names[position]
            at = name.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
            key = name if at < 0 else name[: at + len(query.delimiter)]
            is_item = matches(name) and (at < 0 or (query.include_trailing_delimiter and name == key))
            found = self.items(name) if is_item else ()
            if at >= 0:
                yield _Entry(key, is_prefix=True, items=tuple(found))
            else:
                after = last.generation if last is not None and last.key == name else 0
                yield from (self._entry(item) for item in found if item.generation > after)
            position = position + 1 if at < 0 else behind(names, key)

    def _entry(self, item: StoredObject) -> "_Entry":
        has_versions = self.query.versions or self.query.soft_deleted
        generation = item.generation if has_versions else 0
        return _Entry(item.name, is_prefix=False, items=(item,), generation=generation)

    def _start(self, last: "_Entry | None") -> int:
        position = bisect_left(self.names, max(self.query.prefix, self.query.start))
        if last is None:
            return position
        if last.is_prefix:
            return max(position, behind(self.names, last.key))
        # The versions of one name may be on two pages.
        return max(position, (bisect_left if last.generation else bisect_right)(self.names, last.key))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a listing: an item, or what a delimiter folds together, or both (`dir/` beside `dir/file`).

    Attributes:
        generation: that of an item in a listing of versions, otherwise 0.
    """

    key: str
    is_prefix: bool
    items: tuple[StoredObject, ...] = ()
    generation: int = 0

    def token(self) -> str:
        """Name this entry as the last of a page; a page that is asked for later begins behind it, whatever changed."""
        return base64.urlsafe_b64encode(f"{int(self.is_prefix)}{self.generation}/{self.key}".encode()).decode()

    @classmethod
    def read(cls, token: str) -> "_Entry":
        try:
            text = base64.urlsafe_b64decode(token.encode()).decode()
        except (ValueError, binascii.Error) as error:
            raise invalid_argument(f"Invalid page token {token!r}.") from error
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise invalid_argument(f"Invalid page token {token!r}.")
        return cls(found[3], is_prefix=found[1] == "1", generation=int(found[2]))
