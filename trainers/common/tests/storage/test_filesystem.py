"""Reading and writing files."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from trainer_common.failures import StorageError, UserError
from trainer_common.storage.filesystem import read_bytes, write_bytes


def test_reading_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file at"):
        read_bytes(f"{tmp_path}/missing")


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    final = tmp_path / "new" / "model.ubj"
    write_bytes(str(final), b"first and longer")
    write_bytes(str(final), b"second")
    assert read_bytes(f"file://{final}") == b"second"
    assert [path.name for path in final.parent.iterdir()] == ["model.ubj"]


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Limit the size of files: a larger write fails half-way, as it does on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_a_failed_write_leaves_the_old_content_and_nothing_beside_it(tmp_path: Path) -> None:
    final = tmp_path / "metrics.json"
    write_bytes(str(final), b"old")
    with (
        full_disk(4096),
        pytest.raises(StorageError, match=r"cannot write '.*metrics.json' \(10,000 bytes\): .*too large"),
    ):
        write_bytes(str(final), b"x" * 10_000)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("metrics.json", b"old")]


def test_a_failed_write_leaves_no_new_file(tmp_path: Path) -> None:
    with full_disk(4096), pytest.raises(StorageError):
        write_bytes(f"{tmp_path}/model.ubj", b"x" * 10_000)
    assert list(tmp_path.iterdir()) == []
