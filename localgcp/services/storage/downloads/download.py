"""The bytes of an object as an answer, for the JSON API and the XML API."""

from collections.abc import Mapping
from pathlib import Path

from localgcp.core.http.errors import range_not_satisfiable
from localgcp.core.http.routing import Reply, Request
from localgcp.services.storage.downloads.transcoding import is_unpacked, unpacked, unpacked_headers
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.uploads.media import byte_range


def download(request: Request, stored: StoredObject, path: Path, headers: Mapping[str, str]) -> Reply:
    """Return an object's bytes: all, the range that a request asks for, or what gzip holds.

    Args:
        path: where the bytes are.
        headers: those of the object.

    Raises:
        ApiError: 416 for a range outside of the object.
    """
    size = stored.size_bytes
    if is_unpacked(stored, path, request.headers.get("accept-encoding", "")):
        return Reply(body=unpacked(path), headers=unpacked_headers(headers))  # without ranges, as on Google
    wanted = byte_range(request.headers.get("range"), size)
    if wanted is None:
        return Reply(body=path, headers=headers, length=size)
    first, length = wanted
    if length == 0:
        message = f"The range {request.headers['range']} lies outside of the {size} bytes of the object."
        raise range_not_satisfiable(message, size)
    shown = f"bytes {first}-{first + length - 1}/{size}"
    return Reply(body=path, status=206, headers={**headers, "Content-Range": shown}, offset=first, length=length)
