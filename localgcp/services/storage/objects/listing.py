"""Pages of a list request over the names of one bucket."""

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.storage.objects.globs import glob_pattern
from localgcp.services.storage.objects.resources import StoredObject

_TOKEN = re.compile(r"([01])(\d+)/(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """The parameters of `objects.list`: https://cloud.google.com/storage/docs/json_api/v1/objects/list.

    Attributes:
        start, end: the first name, and the name after the last; empty sets no bound.
        glob: a `matchGlob`; empty matches all names.
        include_trailing_delimiter: list an object whose name ends with the delimiter as an item too.
        versions: list noncurrent objects too.
        soft_deleted: list soft-deleted objects instead.
        page_size: the largest number of items and prefixes, counted together, on one page.
        token: the token of the page before; None asks for the first page.
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
    """One page; `next_token` is None on the last page."""

    items: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_token: str | None = None


def page_of(names: Sequence[str], items: Callable[[str], Sequence[StoredObject]], query: ListQuery) -> ListPage:
    """Return one page of a listing; its cost grows with the page, not with the bucket.

    Args:
        names: the names of all objects, sorted.
        items: returns the objects of one name: the live object, or all versions, oldest first.

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


def end_of_prefix(names: Sequence[str], prefix: str) -> int:
    """Return the position after the last of the sorted names that begin with the prefix."""
    return bisect_right(names, prefix, key=lambda name: name[: len(prefix)])


def token_after(name: str, *, is_prefix: bool = False) -> str:
    """Return the token of the page that begins after a name.

    Args:
        is_prefix: whether the page begins after all names with this prefix.
    """
    return _Entry(name, is_prefix=is_prefix).token()


@dataclass(frozen=True, slots=True)
class _Listing:
    """The entries of a listing from the start of one page to its end."""

    names: Sequence[str]
    items: Callable[[str], Sequence[StoredObject]]
    query: ListQuery

    def entries(self) -> Iterator["_Entry"]:
        names, query = self.names, self.query
        matches = glob_pattern(query.glob).fullmatch if query.glob else lambda _name: True
        last = _Entry.read(query.token) if query.token is not None else None
        position, end = self._start(last), end_of_prefix(names, query.prefix)
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
            position = position + 1 if at < 0 else end_of_prefix(names, key)

    def _entry(self, item: StoredObject) -> "_Entry":
        has_versions = self.query.versions or self.query.soft_deleted
        generation = item.generation if has_versions else 0
        return _Entry(item.name, is_prefix=False, items=(item,), generation=generation)

    def _start(self, last: "_Entry | None") -> int:
        position = bisect_left(self.names, max(self.query.prefix, self.query.start))
        if last is None:
            return position
        if last.is_prefix:
            return max(position, end_of_prefix(self.names, last.key))
        # A page may end between two versions of one name.
        return max(position, (bisect_left if last.generation else bisect_right)(self.names, last.key))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a listing: an item, a prefix, or both (`dir/` if there is also `dir/file`).

    Attributes:
        generation: the generation of an item in a listing of versions, otherwise 0.
    """

    key: str
    is_prefix: bool
    items: tuple[StoredObject, ...] = ()
    generation: int = 0

    def token(self) -> str:
        """Return the token of the next page, which begins after this entry even if other objects have changed."""
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
