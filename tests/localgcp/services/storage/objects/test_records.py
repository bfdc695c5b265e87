"""The stored records of versions, also after a server was killed."""

from collections.abc import Callable

import pytest

from localgcp.services.storage.objects.records import ObjectRecords
from localgcp.services.storage.objects.targets import ObjectSource
from localgcp.services.storage.store import StorageStore


def _versioned(store: StorageStore) -> StorageStore:
    store.buckets.create("bucket-1", settings={"versioning": {"enabled": True}})
    return store


def _generations(store: StorageStore) -> list[int]:
    return [item.generation for item in store._lookup.index("bucket-1").versions("a")]


_CHANGES: dict[str, Callable[[StorageStore], object]] = {
    "replace": lambda store: store.put_bytes("bucket-1", "a", b"y"),
    "delete": lambda store: store.delete_object(ObjectSource(bucket="bucket-1", name="a")),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_server_killed_within_a_change_leaves_one_live_version(
    reopen: Callable[[], StorageStore], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    store = _versioned(reopen())
    stored = store.put_bytes("bucket-1", "a", b"x")
    archive = ObjectRecords._archive

    def killed(*arguments: object) -> None:
        archive(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ObjectRecords, "_archive", killed)
        with pytest.raises(KeyboardInterrupt):
            _CHANGES[change](store)
    again = reopen()
    assert again.get_object("bucket-1", "a") == stored
    assert _generations(again) == [stored.generation]


def test_bytes_of_a_noncurrent_version_stay_until_the_version_is_deleted(reopen: Callable[[], StorageStore]) -> None:
    store = _versioned(reopen())
    first = store.put_bytes("bucket-1", "a", b"first")
    store.put_bytes("bucket-1", "a", b"second")
    store = reopen()
    assert store.content_path(first).read_bytes() == b"first"
    store.delete_object(ObjectSource(bucket="bucket-1", name="a", generation=first.generation))
    assert not reopen().content_path(first).exists()


def test_object_name_with_a_number_sign_is_not_a_version_of_another_object(reopen: Callable[[], StorageStore]) -> None:
    store = _versioned(reopen())
    first = store.put_bytes("bucket-1", "a", b"x")
    odd = store.put_bytes("bucket-1", f"a#{first.generation}", b"y")
    store.put_bytes("bucket-1", "a", b"z")
    store = reopen()
    assert store.get_object("bucket-1", odd.name) == odd
    assert len(_generations(store)) == 2
