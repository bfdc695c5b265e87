"""The bytes of objects: files with random names that are complete before they are visible and never change afterwards.

    partial/<id>   being written
    content/<id>   complete; belongs to the object whose `content_id` it is

A server that is killed leaves files that no object names; the next one removes them.
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
# Readers hold a path (BigQuery loading a shard, an answer being sent) while the object is replaced under its name.
_KEEP_RETIRED_S = 900.0


@dataclass(frozen=True, slots=True)
class Written:
    """A complete content file.

    Attributes:
        crc32c, md5: base64 of the big-endian digest; md5 is empty where the object is to have none.
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
    """The content files of all buckets."""

    def __init__(self, root: Path) -> None:
        self._partial = root / "partial"
        self._content = root / "content"
        self._partial.mkdir(parents=True, exist_ok=True)
        self._content.mkdir(exist_ok=True)
        self._retired: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def path(self, content_id: str) -> Path:
        """Return the file of a complete content."""
        return self._content / content_id

    def partial_path(self, content_id: str) -> Path:
        """Return the file of a content that is being written."""
        return self._partial / content_id

    def remove_orphans(self, contents: Collection[str], partials: Collection[str]) -> None:
        """Delete what a killed server left: every file that is not one of these."""
        for folder, known in ((self._content, contents), (self._partial, partials)):
            for path in folder.iterdir():
                if path.name not in known:
                    path.unlink()

    def write(self, chunks: Iterable[bytes]) -> Written:
        """Write a new content."""
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

    def adopt(self, source: Path) -> Written:
        """Move a file in from elsewhere."""
        partial = self.partial_path(uuid4().hex)
        shutil.move(source, partial)
        written = self.measure(partial)
        partial.replace(self.path(partial.name))
        return written

    def remove(self, content_id: str) -> None:
        """Delete a content that nobody has seen."""
        self.path(content_id).unlink(missing_ok=True)

    def share(self, source: Path, content_id: str) -> None:
        """Make a complete content of the same bytes as a file that no longer changes, without reading them."""
        try:
            os.link(source, self.path(content_id))
        except OSError:  # a file system without hard links
            partial = self.partial_path(uuid4().hex)
            shutil.copyfile(source, partial)
            partial.replace(self.path(content_id))

    def retire(self, content_id: str) -> None:
        """Delete a content some time after its object is gone, so that those who still read it can finish."""
        now = time.monotonic()
        with self._lock:
            self._retired.append((now, content_id))
            while self._retired[0][0] < now - _KEEP_RETIRED_S:
                self.path(self._retired.popleft()[1]).unlink(missing_ok=True)

    @staticmethod
    def measure(path: Path) -> Written:
        """Return the size and digests of a file."""
        digests = _Digests()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digests.add(chunk)
        return digests.written(path.name)

    def read(self, content_id: str) -> Iterable[bytes]:
        """Yield a content's bytes in chunks."""
        with self.path(content_id).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


class _Digests:
    """The running digests of a content."""

    def __init__(self) -> None:
        self._crc32c = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size_bytes = 0

    def add(self, chunk: bytes) -> None:
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        self._md5.update(chunk)
        self._size_bytes += len(chunk)

    def written(self, content_id: str) -> Written:
        return Written(
            content_id, self._size_bytes, _base64(self._crc32c.to_bytes(4, "big")), _base64(self._md5.digest())
        )


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
