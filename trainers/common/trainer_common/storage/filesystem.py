"""Read and write files: local paths and gs:// URIs alike, through pyarrow.fs."""

import os
from pathlib import Path

from pyarrow import fs

from trainer_common.failures import MissingFileError, StorageError, UserError
from trainer_common.storage.cloud_storage import open_cloud_storage


def resolve(uri: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a URI, and the path in it.

    Args:
        uri: A local path, absolute or relative, or a URI such as `gs://bucket/object`.

    Raises:
        UserError: The scheme is unknown.
    """
    if uri.startswith("gs://"):
        return open_cloud_storage(), uri.removeprefix("gs://")
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    try:
        filesystem, path = fs.FileSystem.from_uri(uri)
    except (ValueError, OSError) as error:
        raise UserError(f"cannot open {uri!r}: expected a local path or gs://bucket/object ({error})") from error
    return filesystem, str(path)


def read_bytes(uri: str) -> bytes:
    """Return the content of a file.

    Args:
        uri: A local path or a `gs://` URI.

    Raises:
        MissingFileError: The file does not exist.
        StorageError: The file cannot be read.
    """
    filesystem, path = resolve(uri)
    try:
        with filesystem.open_input_stream(path) as stream:
            return bytes(stream.read())
    except FileNotFoundError as error:
        raise MissingFileError(f"no file at {uri!r}: check the path") from error
    except OSError as error:
        raise StorageError(f"cannot read {uri!r}: {error}") from error


def write_bytes(uri: str, content: bytes) -> None:
    """Write a whole file; readers see the old content or all of the new one, never a part.

    An object store publishes an object when its upload ends. A local file is written under another name and renamed.

    Args:
        uri: A local path, whose folders are created, or a `gs://` URI.
        content: All of the file.

    Raises:
        StorageError: The file cannot be written; the old content is still there.
    """
    filesystem, path = resolve(uri)
    try:
        if isinstance(filesystem, fs.LocalFileSystem):
            _replace_file(Path(path), content)
        else:
            with filesystem.open_output_stream(path) as stream:
                stream.write(content)
    except OSError as error:
        raise StorageError(f"cannot write {uri!r} ({len(content):,} bytes): {error}; nothing was replaced") from error


def _replace_file(final: Path, content: bytes) -> None:
    """Write a local file under another name in the same folder, and rename it."""
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)
