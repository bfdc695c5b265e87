"""A file of a load job."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a load job.

    Attributes:
        path: where the file lies.
        uri: its name in messages.
    """

    path: Path
    uri: str

    @property
    def is_gzip(self) -> bool:
        """Whether the content is gzip; the name does not matter."""
        with self.path.open("rb") as file:
            return file.read(2) == _GZIP_MAGIC

    @property
    def size_bytes(self) -> int:
        """The size of the file in bytes."""
        return self.path.stat().st_size

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open the file; gzip content is decompressed."""
        with cast(BinaryIO, gzip.open(self.path) if self.is_gzip else self.path.open("rb")) as file:
            yield file
