"""List the shards of a data set."""

from pathlib import PurePosixPath

from pyarrow import fs

from trainer_common.failures import UserError
from trainer_common.storage.filesystem import resolve

SHARD_SUFFIXES = (".parquet", ".csv", ".csv.gz")
_WILDCARDS = "*?["


def list_shards(location: str) -> list[str]:
    """Return the URIs of a data set's shards, sorted, at least one.

    Args:
        location: A file, a folder (its own Parquet and CSV files, not those of its subfolders), or a pattern with `*`,
            `?` or `[...]`; a wildcard does not match a slash.

    Raises:
        UserError: There is no shard at the location.
    """
    filesystem, path = resolve(location)
    is_pattern = any(mark in path for mark in _WILDCARDS)
    found = _match(filesystem, path) if is_pattern else _expand(filesystem, path)
    if not found:
        raise UserError(
            f"no shards at {location!r}: expected a file, a folder of {', '.join(SHARD_SUFFIXES)} files or a pattern "
            "that matches some; check the flag, and that the export has finished"
        )
    scheme = location.split("://", 1)[0] + "://" if "://" in location else ""
    return sorted(scheme + shard for shard in found)


def _expand(filesystem: fs.FileSystem, path: str) -> list[str]:
    """List a folder's own shards, or the file itself."""
    entry = filesystem.get_file_info(path.rstrip("/"))
    if entry.type == fs.FileType.File:
        return [entry.path]
    children = filesystem.get_file_info(fs.FileSelector(path.rstrip("/"), allow_not_found=True))
    return [child.path for child in children if _is_shard(child)]


def _match(filesystem: fs.FileSystem, pattern: str) -> list[str]:
    """List the files that match a pattern, below the deepest folder without a wildcard."""
    parts = PurePosixPath(pattern).parts
    depth = next(index for index, part in enumerate(parts) if any(mark in part for mark in _WILDCARDS))
    folder = str(PurePosixPath(*parts[:depth]))
    entries = filesystem.get_file_info(
        fs.FileSelector(folder, recursive=depth < len(parts) - 1, allow_not_found=True),
    )
    # `PurePath.match` compares an absolute pattern with the whole path, and a relative one with the end of it only.
    whole = "/" + pattern.lstrip("/")
    return [entry.path for entry in entries if _is_shard(entry) and PurePosixPath("/", entry.path).match(whole)]


def _is_shard(entry: fs.FileInfo) -> bool:
    """Tell whether an entry holds data: exporters leave markers such as `_SUCCESS` beside the shards."""
    return (
        entry.type == fs.FileType.File and entry.base_name.endswith(SHARD_SUFFIXES) and entry.base_name[0] not in "._"
    )
