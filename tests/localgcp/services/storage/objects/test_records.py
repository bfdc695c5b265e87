"""The stored form of versions, through the death of a server."""

from collections.abc import Callable

import pytest

from localgcp.services.storage.objects.records import Records
from localgcp.services.storage.objects.targets import Source
from localgcp.services.storage.store import StorageStore


def _versioned(store: StorageStore) -> StorageStore:
    store.buckets.create("bucket-1", settings={"versioning": {"enabled": True}})
    return store


def _generations(store: StorageStore) -> list[int]:
    return [item.generation for item in store.buckets.index("bucket-1").versions("a")]


_CHANGES: dict[str, Callable[[StorageStore], object]] = {
    "replace": lambda store: store.put_bytes("bucket-1", "a", b"y"),
    "delete": lambda store: store.delete_object(Source(bucket="bucket-1", name="a")),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_server_killed_within_a_change_leaves_the_object_live_and_once(
    reopen: Callable[[], StorageStore], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    store = _versioned(reopen())
    stored = store.put_bytes("bucket-1", "a", b"x")
    archive = Records._archive

    def killed(*arguments: object) -> None:
        archive(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Records, "_archive", killed)
        with pytest.raises(KeyboardInterrupt):
            _CHANGES[change](store)
    again = reopen()
    assert again.get_object("bucket-1", "a") == stored
    assert _generations(again) == [stored.generation]


def test_bytes_of_a_noncurrent_version_survive_a_restart_and_go_with_it(reopen: Callable[[], StorageStore]) -> None:
    store = _versioned(reopen())
    first = store.put_bytes("bucket-1", "a", b"first")
    store.put_bytes("bucket-1", "a", b"second")
    store = reopen()
    assert store.content_path(first).read_bytes() == b"first"
    store.delete_object(Source(bucket="bucket-1", name="a", generation=first.generation))
    assert not reopen().content_path(first).exists()


def test_name_with_a_number_sign_is_no_version_of_another(reopen: Callable[[], StorageStore]) -> None:
    store = _versioned(reopen())
    first = store.put_bytes("bucket-1", "a", b"x")
    odd = store.put_bytes("bucket-1", f"a#{first.generation}", b"y")
    store.put_bytes("bucket-1", "a", b"z")
    store = reopen()
    assert store.get_object("bucket-1", odd.name) == odd
    assert len(_generations(store)) == 2
