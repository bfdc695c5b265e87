"""Lists of objects, versions 1 and 2: https://cloud.google.com/storage/docs/xml-api/get-bucket-list."""

from collections.abc import Callable
from urllib.parse import quote

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.http.xmlapi import headers as wire
from localgcp.services.storage.http.xmlapi.elements import LISTS, Element, document
from localgcp.services.storage.http.xmlapi.methods import PREFIX
from localgcp.services.storage.objects.listing import ListPage, ListQuery, token_after
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.store import StorageStore

_LARGEST_PAGE = 1000


class XmlListRoutes:
    """Lists of objects."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {f"{PREFIX}listObjects": self.list}

    def list(self, request: Request) -> Reply:
        """Return a page of the objects of a bucket, and of the prefixes that a delimiter groups them under."""
        size = integer("max-keys", request.one("max-keys"))
        if size is not None and size < 0:
            raise invalid_argument(f"Invalid value '{size}' for max-keys: it must not be negative.")
        most = min(_LARGEST_PAGE if size is None else size, _LARGEST_PAGE)
        query = ListQuery(
            prefix=request.one("prefix") or "", delimiter=request.one("delimiter") or "", page_size=most,
            token=_token(request),
        )  # fmt: skip
        page = self._store.page_of_objects(request.params["bucket"], query)
        shown = quote if request.one("encoding-type") == "url" else str
        inner: list[Element] = [
            ("Name", request.params["bucket"]), ("Prefix", shown(query.prefix)),
            ("Delimiter", shown(query.delimiter) if query.delimiter else None), ("MaxKeys", most),
            ("EncodingType", request.one("encoding-type")), ("IsTruncated", str(page.next_token is not None).lower()),
            *_position(request, page, shown),
            *(_contents(item, shown(item.name)) for item in page.items),
            *(_common_prefix(shown(prefix)) for prefix in page.prefixes),
        ]  # fmt: skip
        return document("ListBucketResult", inner, LISTS)


def _position(request: Request, page: ListPage, shown: Callable[[str], str]) -> list[Element]:
    """Return the elements for the position of a page, which differ between the two versions of the list."""
    if request.one("list-type") == "2":
        return [
            ("KeyCount", len(page.items) + len(page.prefixes)), ("NextContinuationToken", page.next_token),
            ("ContinuationToken", request.one("continuation-token")), ("StartAfter", request.one("start-after")),
        ]  # fmt: skip
    last = max([*(item.name for item in page.items), *page.prefixes], default="")
    return [("Marker", shown(request.one("marker") or "")), ("NextMarker", shown(last) if page.next_token else None)]


def _token(request: Request) -> str | None:
    """Return the page token of the JSON API that stands for the marker or token of the request."""
    if request.one("list-type") == "2":
        after = request.one("start-after")
        return request.one("continuation-token") or (token_after(after) if after else None)
    marker, delimiter = request.one("marker"), request.one("delimiter")
    if not marker:
        return None
    return token_after(marker, is_prefix=bool(delimiter) and marker.endswith(delimiter or ""))


def _contents(item: StoredObject, name: str) -> Element:
    return "Contents", [
        ("Key", name), ("Generation", item.generation), ("MetaGeneration", item.metageneration),
        ("LastModified", item.updated), ("ETag", wire.etag(item)), ("Size", item.size_bytes),
        ("StorageClass", item.storage_class),
    ]  # fmt: skip


def _common_prefix(prefix: str) -> Element:
    return "CommonPrefixes", [("Prefix", prefix)]
