"""One file that a load job reads."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

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

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give the bytes, unpacked where they are compressed."""
        with cast(BinaryIO, gzip.open(self.path) if self.is_gzip else self.path.open("rb")) as file:
            yield file
