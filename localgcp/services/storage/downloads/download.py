"""The response with the bytes of an object, for the JSON API and the XML API."""

from collections.abc import Mapping
from pathlib import Path

from localgcp.core.conventions.errors import range_not_satisfiable
from localgcp.core.http.routing import Reply, Request
from localgcp.services.storage.downloads.ranges import byte_range
from localgcp.services.storage.downloads.transcoding import decompressed, decompressed_headers, needs_decompression
from localgcp.services.storage.objects.resources import StoredObject


def download(request: Request, stored: StoredObject, path: Path, headers: Mapping[str, str]) -> Reply:
    """Return the bytes of an object: all bytes, the requested range, or the decompressed content of a gzip file.

    Args:
        path: the content file.
        headers: the headers of the object.

    Raises:
        ApiError: 416 for a range outside of the object.
    """
    size = stored.size_bytes
    if needs_decompression(stored, path, request.headers.get("accept-encoding", "")):
        # Without ranges, as on Google.
        return Reply(body=decompressed(path), headers=decompressed_headers(headers))
    wanted = byte_range(request.headers.get("range"), size)
    if wanted is None:
        return Reply(body=path, headers=headers, length=size)
    first, length = wanted
    if length == 0:
        message = f"The range {request.headers['range']} lies outside of the {size} bytes of the object."
        raise range_not_satisfiable(message, size)
    content_range = f"bytes {first}-{first + length - 1}/{size}"
    return Reply(
        body=path, status=206, headers={**headers, "Content-Range": content_range}, offset=first, length=length
    )
