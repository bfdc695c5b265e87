"""Files in Cloud Storage."""

from collections.abc import Iterator

import pytest
from trainer_common.failures import StorageError, UserError
from trainer_common.storage.filesystem import read_bytes, write_bytes
from trainer_common.storage.shards import list_shards
from trainer_common.testing.object_store import ObjectStore


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


def test_the_variable_of_the_cpp_library_wins_over_that_of_the_python_clients(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", store.endpoint)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://localhost:9")
    write_bytes("gs://bucket/a.csv", b"x")
    assert store.objects == {"a.csv": b"x"}
