"""Rules of finding, reading and writing files."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from object_store import ObjectStore
from trainer_common.failures import StorageError, UserError
from trainer_common.filesystem import list_shards, read_bytes, write_bytes


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for name in (
        "train/b.parquet",
        "train/a.parquet",
        "train/_SUCCESS",
        "train/.c.parquet",
        "test/a.csv",
        "test/n.txt",
    ):
        write_bytes(str(tmp_path / name), b"")
    return tmp_path


def test_a_folder_gives_its_own_shards_sorted_and_no_markers(export: Path) -> None:
    assert list_shards(f"{export}/train/") == [f"{export}/train/a.parquet", f"{export}/train/b.parquet"]


def test_a_folder_of_folders_is_not_searched_so_that_splits_never_mix(export: Path) -> None:
    with pytest.raises(UserError, match="no shards"):
        list_shards(str(export))


def test_a_wildcard_does_not_cross_a_slash(export: Path) -> None:
    assert list_shards(f"{export}/*/a.*") == [f"{export}/test/a.csv", f"{export}/train/a.parquet"]
    with pytest.raises(UserError, match="no shards"):
        list_shards(f"{export}/*.parquet")


def test_a_relative_path_is_one_from_the_working_folder(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(export)
    assert list_shards("train/a*.parquet") == [f"{export}/train/a.parquet"]


@pytest.mark.parametrize("location", ["nowhere", "nowhere/*.parquet", "nowhere/a.parquet"])
def test_nothing_there_is_one_clear_line(tmp_path: Path, location: str) -> None:
    with pytest.raises(UserError, match=r"no shards at .*nowhere.*check the flag"):
        list_shards(f"{tmp_path}/{location}")


def test_an_unknown_scheme_is_a_user_error() -> None:
    with pytest.raises(UserError, match="expected a local path or gs://"):
        list_shards("ftp://host/file.csv")


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
    """Lets no file grow beyond a size; the system then fails a write half-way, as it does on a full disk."""
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


@pytest.fixture(params=["STORAGE_EMULATOR_HOST", "CLOUD_STORAGE_EMULATOR_ENDPOINT"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", raising=False)
    with ObjectStore() as running:
        monkeypatch.setenv(request.param, running.endpoint)
        yield running


def test_objects_are_written_listed_and_read_like_files(store: ObjectStore) -> None:
    write_bytes("gs://bucket/run/train/b.parquet", b"second")
    write_bytes("gs://bucket/run/train/a.parquet", b"first")
    assert store.objects == {"run/train/b.parquet": b"second", "run/train/a.parquet": b"first"}
    shards = ["gs://bucket/run/train/a.parquet", "gs://bucket/run/train/b.parquet"]
    assert list_shards("gs://bucket/run/train/") == shards
    assert list_shards("gs://bucket/run/*/*.parquet") == shards
    assert list_shards(shards[0]) == shards[:1]
    assert [read_bytes(shard) for shard in shards] == [b"first", b"second"]


def test_an_endpoint_of_the_environment_gets_no_credentials(store: ObjectStore) -> None:
    write_bytes("gs://bucket/a.csv", b"x")
    read_bytes("gs://bucket/a.csv")
    assert set(store.authorizations) == {None}


def test_a_missing_object_is_a_user_error(store: ObjectStore) -> None:
    with pytest.raises(UserError, match="no file at 'gs://bucket/missing'"):
        read_bytes("gs://bucket/missing")
    with pytest.raises(UserError, match="no shards at 'gs://bucket/missing/"):
        list_shards("gs://bucket/missing/*.parquet")


def test_an_upload_that_fails_leaves_no_object(store: ObjectStore) -> None:
    store.refused_uploads = 1
    with pytest.raises(StorageError, match=r"cannot write 'gs://bucket/model\.ubj'"):
        write_bytes("gs://bucket/model.ubj", b"x" * 20_000_000)
    assert store.objects == {}


def test_an_object_that_may_not_be_read_is_a_storage_error(store: ObjectStore) -> None:
    store.objects["model.ubj"] = b"x"
    store.refused_reads = 1
    with pytest.raises(StorageError, match=r"cannot read 'gs://bucket/model\.ubj'"):
        read_bytes("gs://bucket/model.ubj")
