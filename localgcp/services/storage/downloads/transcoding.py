"""Decompression of gzip objects for clients that do not accept gzip: https://cloud.google.com/storage/docs/transcoding."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

from localgcp.services.storage.objects.resources import StoredObject

_PIECE_BYTES = 1 << 20
_MAGIC = b"\x1f\x8b"


def needs_decompression(stored: StoredObject, path: Path, accept_encoding: str) -> bool:
    """Return whether the server decompresses an object before it sends it.

    Args:
        path: the content file. A file that is not gzip is sent unchanged, whatever its contentEncoding says.
        accept_encoding: the header of the request.
    """
    if stored.settings.get("contentEncoding") != "gzip" or "no-transform" in str(stored.settings.get("cacheControl")):
        return False
    with path.open("rb") as file:
        return file.read(2) == _MAGIC and not _accepts_gzip(accept_encoding)


def decompressed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a decompressed download; its digests are those of the stored bytes."""
    kept = {name: value for name, value in headers.items() if name not in ("Content-Encoding", "Accept-Ranges")}
    return {
        **kept,
        "Accept-Ranges": "none",
        "Vary": "Accept-Encoding",
        "Warning": "214 UploadServer gunzipped",
        "X-GUploader-Response-Body-Transformations": "gunzipped",
    }


def decompressed(path: Path) -> Iterator[bytes]:
    """Yield the decompressed bytes of all members of a gzip file."""
    with gzip.open(path) as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _accepts_gzip(accept_encoding: str) -> bool:
    for item in accept_encoding.lower().split(","):
        name, _, quality = item.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0")
    return False
