"""Decompression of gzip objects for clients that do not accept gzip: https://cloud.google.com/storage/docs/transcoding."""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.uploads.bodies import pieces

_GZIP_WINDOW = 31
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
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    with path.open("rb") as file:
        for piece in pieces(file):
            rest = piece
            while rest:
                if decoder.eof:
                    decoder = zlib.decompressobj(_GZIP_WINDOW)
                if text := decoder.decompress(rest):
                    yield text
                rest = decoder.unused_data


def _accepts_gzip(accept_encoding: str) -> bool:
    for item in accept_encoding.lower().split(","):
        name, _, quality = item.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0")
    return False
