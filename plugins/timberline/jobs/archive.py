"""Packs the source of a trainer image. Equal files give equal bytes, and therefore equal image tags. Pure."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from timberline.run.errors import SettingsError

_LEFT_OUT = frozenset({"__pycache__", "tests", "build", "dist", "node_modules"})
_TAG_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """A tar.gz archive of folders.

    Attributes:
        content: the bytes of the archive.
        digest: a hash of the packed files: 16 characters in [0-9a-f].
    """

    content: bytes
    digest: str


def pack(root: Path, folders: Sequence[str]) -> SourceArchive:
    """Pack folders below `root` under their own names, without tests, caches and hidden files.

    Raises:
        SettingsError: a folder does not exist.
    """
    for folder in folders:
        if not (root / folder).is_dir():
            raise SettingsError(f"no folder {root / folder}: expected the source of the trainer's image")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in (each for folder in sorted(folders) for each in _files(root / folder)):
            info = tarfile.TarInfo(path.relative_to(root).as_posix())
            info.size = path.stat().st_size
            info.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            with path.open("rb") as file:
                archive.addfile(info, file)
    content = plain.getvalue()
    return SourceArchive(gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:_TAG_CHARACTERS])


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _LEFT_OUT or path.suffix in (".pyc", ".egg-info"):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path
