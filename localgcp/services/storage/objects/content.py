"""The bytes of objects: files with random names, which are complete before an object names them and never change.

    partial/<id>   the server is still writing it
    content/<id>   complete; the `content_id` of an object, or of a part of an upload

A killed server leaves files that no record names. The next server removes them.
"""

import base64
import hashlib
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import google_crc32c

_CHUNK_BYTES = 1 << 20
# Readers (a BigQuery load job, a download) may still hold the path when a client replaces the object.
_KEEP_RETIRED_S = 900.0


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A complete content file.

    Attributes:
        crc32c, md5: base64 of the big-endian digest; md5 is empty for objects without an MD5.
    """

    content_id: str
    size_bytes: int
    crc32c: str
    md5: str

    @property
    def md5_hex(self) -> str:
        """The MD5 in hexadecimal digits."""
        return base64.b64decode(self.md5).hex()


class ContentFolder:
    """The folder with the content files of all buckets."""

    def __init__(self, root: Path) -> None:
        self._partial = root / "partial"
        self._content = root / "content"
        self._partial.mkdir(parents=True, exist_ok=True)
        self._content.mkdir(exist_ok=True)
        self._retired: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def path(self, content_id: str) -> Path:
        """Return the path of a complete content file."""
        return self._content / content_id

    def partial_path(self, content_id: str) -> Path:
        """Return the path of a content file that is not complete yet."""
        return self._partial / content_id

    def remove_orphans(self, contents: Collection[str], partials: Collection[str]) -> None:
        """Delete the files that a killed server left.

        Args:
            contents, partials: the ids of the complete and incomplete files to keep.
        """
        for folder, known in ((self._content, contents), (self._partial, partials)):
            for path in folder.iterdir():
                if path.name not in known:
                    path.unlink()

    def write(self, chunks: Iterable[bytes]) -> ContentFile:
        """Write a new content file; an error of `chunks` leaves no file."""
        partial = self.partial_path(uuid4().hex)
        digests = _Digests()
        try:
            with partial.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    digests.add(chunk)
            partial.replace(self.path(partial.name))
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return digests.written(partial.name)

    def adopt(self, source: Path) -> ContentFile:
        """Move a file into the folder as a new content file."""
        partial = self.partial_path(uuid4().hex)
        shutil.move(source, partial)
        written = self.measure(partial)
        partial.replace(self.path(partial.name))
        return written

    def remove(self, content_id: str) -> None:
        """Delete a content file that no reader has opened."""
        self.path(content_id).unlink(missing_ok=True)

    def share(self, source: Path, content_id: str) -> None:
        """Create a content file with the bytes of another file, as a hard link if the file system allows it.

        Args:
            source: a file that does not change any more.
            content_id: the id of the new content file.
        """
        try:
            os.link(source, self.path(content_id))
        except OSError:  # a file system without hard links
            partial = self.partial_path(uuid4().hex)
            shutil.copyfile(source, partial)
            partial.replace(self.path(content_id))

    def retire(self, content_id: str) -> None:
        """Delete a content file 15 minutes after its object, so that present readers can finish."""
        now = time.monotonic()
        with self._lock:
            self._retired.append((now, content_id))
            while self._retired[0][0] < now - _KEEP_RETIRED_S:
                self.path(self._retired.popleft()[1]).unlink(missing_ok=True)

    @staticmethod
    def measure(path: Path) -> ContentFile:
        """Return the size and digests of a file."""
        digests = _Digests()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digests.add(chunk)
        return digests.written(path.name)

    def read(self, content_id: str) -> Iterable[bytes]:
        """Yield the bytes of a content file in chunks."""
        with self.path(content_id).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


class _Digests:
    """The digests of the bytes so far."""

    def __init__(self) -> None:
        self._crc32c = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size_bytes = 0

    def add(self, chunk: bytes) -> None:
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        self._md5.update(chunk)
        self._size_bytes += len(chunk)

    def written(self, content_id: str) -> ContentFile:
        return ContentFile(
            content_id, self._size_bytes, _base64(self._crc32c.to_bytes(4, "big")), _base64(self._md5.digest())
        )


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
