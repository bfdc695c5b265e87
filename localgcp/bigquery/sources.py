"""The files of a load job: objects of Cloud Storage named by URI, or one file that came with the request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localgcp.errors import invalid_argument, not_found
from localgcp.storage.store import StorageStore

_URI = re.compile(r"gs://(?P<bucket>[^/]+)/(?P<name>.+)", re.DOTALL)
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: the bytes.
        uri: what messages call it.
    """

    path: Path
    uri: str

    @property
    def is_gzip(self) -> bool:
        """The bytes are compressed, whatever the name says."""
        with self.path.open("rb") as file:
            return file.read(2) == _GZIP_MAGIC

    @property
    def size_bytes(self) -> int:
        """The length in bytes."""
        return self.path.stat().st_size


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and object name of a `gs://` URI.

    Raises:
        ApiError: 400 for anything else.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise invalid_argument(f"Invalid source or destination URI {uri!r}: expected gs://BUCKET/OBJECT.")
    return found["bucket"], found["name"]


def find_files(storage: StorageStore, uris: Sequence[str]) -> list[SourceFile]:
    """Return the objects that the URIs name; `*` stands for any characters.

    Raises:
        ApiError: 404 for a URI that names none.
    """
    if not uris:
        raise invalid_argument("Required parameter is missing: sourceUris", "required")
    found: list[SourceFile] = []
    for uri in uris:
        bucket, pattern = split_uri(uri)
        if "*" not in pattern:
            stored = [item for item in storage.list_objects(bucket, pattern) if item.name == pattern]
        else:
            matches = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.DOTALL).fullmatch
            stored = [item for item in storage.list_objects(bucket, pattern.split("*")[0]) if matches(item.name)]
        if not stored:
            raise not_found(f"Not found: URI {uri}")
        found += [SourceFile(storage.content_path(item), f"gs://{bucket}/{item.name}") for item in stored]
    return found
