"""Copies, renamed objects and composed objects."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore


def test_copy_has_the_bytes_and_settings_of_its_source_and_a_new_generation(store: StorageStore) -> None:
    first = store.put_bytes("bucket-1", "a", b"x", content_type="text/csv")
    copy = store.transfers.copy(ObjectSource(bucket="bucket-1", name="a"), ObjectTarget(bucket="bucket-1", name="b"))
    store.delete_object(ObjectSource(bucket="bucket-1", name="a"))
    assert copy.generation > first.generation
    assert copy.content_type == "text/csv"
    assert (copy.crc32c, copy.md5) == (first.crc32c, first.md5)
    assert store.content_path(copy).read_bytes() == b"x"


def test_move_leaves_one_object_also_when_source_and_target_are_the_same(store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"x")
    store.transfers.move(ObjectSource(bucket="bucket-1", name="a"), ObjectTarget(bucket="bucket-1", name="b"))
    moved = store.transfers.move(ObjectSource(bucket="bucket-1", name="b"), ObjectTarget(bucket="bucket-1", name="b"))
    assert store.list_objects("bucket-1") == [moved]
    assert store.content_path(moved).read_bytes() == b"x"


def test_compose_concatenates_in_order_and_sets_no_md5(store: StorageStore) -> None:
    for name in ("a", "b"):
        store.put_bytes("bucket-1", name, name.encode() * 3)
    sources = [ObjectSource(bucket="bucket-1", name=name) for name in ("b", "a", "b")]
    composed = store.transfers.compose(sources, ObjectTarget(bucket="bucket-1", name="c"))
    assert store.content_path(composed).read_bytes() == b"bbbaaabbb"
    assert (composed.md5, composed.component_count) == (None, 3)


@pytest.mark.parametrize("count", [0, 33])
def test_compose_takes_1_to_32_sources(store: StorageStore, count: int) -> None:
    sources = [ObjectSource(bucket="bucket-1", name="a")] * count
    with pytest.raises(ApiError) as caught:
        store.transfers.compose(sources, ObjectTarget(bucket="bucket-1", name="c"))
    assert caught.value.code == 400
