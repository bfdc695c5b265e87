"""Finds, reads and writes files: local paths and gs:// alike, through pyarrow.fs."""

import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from pyarrow import fs

from trainer_common.environment import read_environment
from trainer_common.failures import MissingFileError, StorageError, UserError

SHARD_SUFFIXES = (".parquet", ".csv", ".csv.gz")
# pyarrow's own limit is 15 minutes, longer than a trial: an outage should fail the attempt, which is then retried.
_RETRY_LIMIT = timedelta(minutes=2)


def resolve(uri: str) -> tuple[fs.FileSystem, str]:
    """Opens the file system that a URI is on.

    Args:
        uri: A local path, absolute or relative, or a URI such as `gs://bucket/object`.

    Returns:
        The file system, and the path in it.

    Raises:
        UserError: The scheme is unknown.
    """
    if uri.startswith("gs://"):
        return _cloud_storage(read_environment().storage_endpoint), uri.removeprefix("gs://")
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    try:
        filesystem, path = fs.FileSystem.from_uri(uri)
    except (ValueError, OSError) as error:
        raise UserError(f"cannot open {uri!r}: expected a local path or gs://bucket/object ({error})") from error
    return filesystem, str(path)


@lru_cache(maxsize=4)
def _cloud_storage(endpoint: str | None) -> fs.FileSystem:
    """Connects to Cloud Storage: the real one with default credentials, or a given endpoint with none.

    google-cloud-cpp reads the endpoint from the environment and drops credentials by itself; pyarrow always passes
    credentials on, and so has to be told `anonymous` as well.
    """
    if endpoint is None:
        return fs.GcsFileSystem(retry_time_limit=_RETRY_LIMIT)
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    return fs.GcsFileSystem(
        anonymous=True, scheme=parts.scheme, endpoint_override=parts.netloc, retry_time_limit=_RETRY_LIMIT
    )


def list_shards(location: str) -> list[str]:
    """Lists the shards of a data set in a fixed order.

    Args:
        location: A file, a folder (its own Parquet and CSV files, not those of folders in it), or a pattern with `*`,
            `?` or `[...]`; a wildcard never crosses a slash.

    Returns:
        URIs that `resolve` takes, sorted, at least one.

    Raises:
        UserError: Nothing is there.
    """
    filesystem, path = resolve(location)
    found = _match(filesystem, path) if any(mark in path for mark in "*?[") else _expand(filesystem, path)
    if not found:
        raise UserError(
            f"no shards at {location!r}: expected a file, a folder of {', '.join(SHARD_SUFFIXES)} files or a pattern "
            "that matches some; check the flag, and that the export has finished"
        )
    scheme = location.split("://", 1)[0] + "://" if "://" in location else ""
    return sorted(scheme + shard for shard in found)


def _expand(filesystem: fs.FileSystem, path: str) -> list[str]:
    """Lists a folder's own shards, or the file itself."""
    entry = filesystem.get_file_info(path.rstrip("/"))
    if entry.type == fs.FileType.File:
        return [entry.path]
    children = filesystem.get_file_info(fs.FileSelector(path.rstrip("/"), allow_not_found=True))
    return [child.path for child in children if _is_shard(child)]


def _match(filesystem: fs.FileSystem, pattern: str) -> list[str]:
    """Lists the files that match a pattern, starting from the deepest folder without a wildcard."""
    parts = PurePosixPath(pattern).parts
    depth = next(index for index, part in enumerate(parts) if any(mark in part for mark in "*?["))
    folder = str(PurePosixPath(*parts[:depth]))
    entries = filesystem.get_file_info(
        fs.FileSelector(folder, recursive=depth < len(parts) - 1, allow_not_found=True),
    )
    # An absolute pattern has to match the whole path, one folder per part; a relative one would match any tail.
    whole = "/" + pattern.lstrip("/")
    return [entry.path for entry in entries if _is_shard(entry) and PurePosixPath("/", entry.path).match(whole)]


def _is_shard(entry: fs.FileInfo) -> bool:
    """Tells whether an entry is data: exporters leave markers such as `_SUCCESS` beside the shards."""
    return (
        entry.type == fs.FileType.File and entry.base_name.endswith(SHARD_SUFFIXES) and entry.base_name[0] not in "._"
    )


def read_bytes(uri: str) -> bytes:
    """Reads a whole file.

    Args:
        uri: A local path or a `gs://` URI.

    Returns:
        The content.

    Raises:
        MissingFileError: The file does not exist.
        StorageError: It cannot be read.
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
    """Writes a whole file so that readers see the old content or all of the new one, never a part.

    An object store publishes an object when its upload ends; a local file is written beside its final name and moved.

    Args:
        uri: A local path, whose folders are made, or a `gs://` URI.
        content: All of the file.

    Raises:
        StorageError: It cannot be written; what was there before still is.
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
    """Writes a local file beside its final name and moves it there."""
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)
