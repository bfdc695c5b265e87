"""The rules of buckets and objects, and the methods that other services use."""

import base64
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import google_crc32c
import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore


def _status(call: Callable[[], object]) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code


def _files(store: StorageStore) -> list[str]:
    root = store.content.path("x").parent.parent
    return [path.name for path in root.rglob("*") if path.is_file()]


def test_object_has_the_digests_of_its_bytes(store: StorageStore) -> None:
    stored = store.put_bytes("bucket-1", "a", b"hello", content_type="text/plain")
    assert stored.md5 == base64.b64encode(hashlib.md5(b"hello").digest()).decode()
    assert stored.crc32c == base64.b64encode(google_crc32c.Checksum(b"hello").digest()).decode()
    assert stored.size_bytes == 5
    assert stored.content_type == "text/plain"
    assert store.content_path(stored).read_bytes() == b"hello"


def test_put_file_moves_the_file(store: StorageStore, tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"rows")
    stored = store.put_file("bucket-1", "t/shard", path)
    assert not path.exists()
    assert store.content_path(stored).read_bytes() == b"rows"


def test_refused_put_file_leaves_the_file_where_it_is(store: StorageStore, tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"rows")
    store.put_bytes("bucket-1", "a", b"former")
    assert _status(lambda: store.put_file("bucket-1", "a", path, if_generation_match=0)) == 412
    assert path.read_bytes() == b"rows"


def test_generations_rise_and_survive_a_restart(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    generations = [store.put_bytes("bucket-1", "a", b"x").generation for _ in range(50)]
    generations.append(reopen().put_bytes("bucket-1", "a", b"x").generation)
    assert generations == sorted(set(generations))


def test_objects_and_buckets_survive_a_restart(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.buckets.create("bucket-1", settings={"labels": {"a": "b"}})
    stored = store.put_bytes("bucket-1", "dir/ü", b"x")
    again = reopen()
    assert again.list_objects("bucket-1", "dir/") == [stored]
    assert again.buckets.get("bucket-1").settings == {"labels": {"a": "b"}}
    assert again.content_path(stored).read_bytes() == b"x"


def test_files_of_a_killed_write_are_removed_and_objects_kept(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    stored = store.put_bytes("bucket-1", "a", b"x")
    store.content.partial_path("half-written").write_bytes(b"ha")
    store.content.path("never-named").write_bytes(b"complete")
    assert _files(reopen()) == [stored.content_id]


def test_failed_write_leaves_no_object_and_no_file(store: StorageStore) -> None:
    def broken() -> object:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.write(ObjectTarget(bucket="bucket-1", name="a"), broken())
    assert store.list_objects("bucket-1") == []
    assert _files(store) == []


def test_bytes_of_replaced_and_deleted_objects_stay_readable_for_a_while(store: StorageStore) -> None:
    first = store.put_bytes("bucket-1", "a", b"first")
    second = store.put_bytes("bucket-1", "a", b"second")
    store.delete_object(ObjectSource(bucket="bucket-1", name="a"))
    assert store.content_path(first).read_bytes() == b"first"
    assert store.content_path(second).read_bytes() == b"second"
    assert _status(lambda: store.get_object("bucket-1", "a")) == 404


def test_only_one_of_several_writers_creates_the_object(store: StorageStore) -> None:
    target = ObjectTarget(bucket="bucket-1", name="lock", conditions=Preconditions(generation_match=0))
    start, outcomes, refusals = threading.Barrier(8), [], []

    def write(number: int) -> None:
        start.wait()
        try:
            store.write(target, [str(number).encode()])
            outcomes.append(number)
        except ApiError as error:
            refusals.append(error.code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert refusals == [412] * 7
    stored = store.get_object("bucket-1", "lock")
    assert store.content_path(stored).read_bytes() == str(outcomes[0]).encode()


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "a/../../b"])
def test_object_names_are_not_used_as_paths(store: StorageStore, name: str) -> None:
    stored = store.put_bytes("bucket-1", name, b"x")
    assert store.content_path(stored).parent == store.content.path("x").parent
    assert len(_files(store)) == 1


def test_missing_bucket_is_a_404_for_every_method(store: StorageStore) -> None:
    source, target = ObjectSource(bucket="none", name="a"), ObjectTarget(bucket="none", name="a")
    for call in (
        lambda: store.put_bytes("none", "a", b""),
        lambda: store.get_object("none", "a"),
        lambda: store.list_objects("none"),
        lambda: store.delete_object(source),
        lambda: store.transfers.copy(source, target),
        lambda: store.transfers.compose([source], target),
        lambda: store.deleted_buckets.delete("none"),
    ):
        assert _status(call) == 404


def test_second_bucket_of_a_name_is_a_409(store: StorageStore) -> None:
    assert _status(lambda: store.create_bucket("bucket-1")) == 409


def test_bucket_with_objects_is_not_deleted(store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"")
    assert _status(lambda: store.deleted_buckets.delete("bucket-1")) == 409
    store.delete_object(ObjectSource(bucket="bucket-1", name="a"))
    store.deleted_buckets.delete("bucket-1")
    assert _status(lambda: store.buckets.get("bucket-1")) == 404


def test_patch_merges_and_update_replaces_the_settings(store: StorageStore) -> None:
    source = ObjectSource(bucket="bucket-1", name="a")
    store.put_bytes("bucket-1", "a", b"x", content_type="text/csv")
    store.change_object(source, {"metadata": {"a": "1", "b": "2"}}, merge=True)
    patched = store.change_object(source, {"metadata": {"b": None, "c": "3"}}, merge=True)
    assert patched.settings == {"contentType": "text/csv", "metadata": {"a": "1", "c": "3"}}
    assert patched.metageneration == 3
    updated = store.change_object(source, {"metadata": {"d": "4"}, "generation": "99"}, merge=False)
    assert updated.settings == {"metadata": {"d": "4"}}
    assert updated.generation == patched.generation


def test_replaced_generation_is_a_404(store: StorageStore) -> None:
    first = store.put_bytes("bucket-1", "a", b"x")
    second = store.put_bytes("bucket-1", "a", b"y")
    assert store.get_object("bucket-1", "a", second.generation) == second
    assert _status(lambda: store.get_object("bucket-1", "a", first.generation)) == 404
