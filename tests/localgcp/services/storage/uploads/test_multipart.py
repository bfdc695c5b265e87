"""Multipart uploads of the XML API."""

from collections.abc import Callable

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.objects.targets import ObjectTarget
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.multipart import MultipartUpload

_TARGET = ObjectTarget(bucket="bucket-1", name="a", settings={"contentType": "text/x"})


def _nothing(_written: ContentFile) -> None:
    pass


def _present(store: StorageStore, upload: MultipartUpload) -> MultipartUpload:
    return store.multiparts.get("bucket-1", "a", upload.id)


def test_later_part_of_a_number_replaces_the_earlier_part(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    store.multiparts.put_part(upload, 1, [b"first"], _nothing)
    part = store.multiparts.put_part(upload, 1, [b"second"], _nothing)
    stored = store.multiparts.complete(_present(store, upload), [(1, part.etag)])
    assert (store.content_path(stored).read_bytes(), stored.content_type) == (b"second", "text/x")


def test_part_that_the_client_does_not_list_is_dropped(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    part = store.multiparts.put_part(upload, 1, [b"one"], _nothing)
    store.multiparts.put_part(upload, 2, [b"two"], _nothing)
    stored = store.multiparts.complete(_present(store, upload), [(1, part.etag)])
    assert store.content_path(stored).read_bytes() == b"one"


def test_parts_survive_a_restart(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    upload = store.multiparts.start(_TARGET)
    part = store.multiparts.put_part(upload, 7, [b"x"], _nothing)
    store = reopen()
    stored = store.multiparts.complete(_present(store, upload), [(7, part.etag)])
    assert store.content_path(stored).read_bytes() == b"x"


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_number_is_from_1_to_10000(store: StorageStore, number: int) -> None:
    with pytest.raises(ApiError, match="from 1 to 10000"):
        store.multiparts.put_part(store.multiparts.start(_TARGET), number, [b"x"], _nothing)


def test_refused_part_leaves_no_file(store: StorageStore) -> None:
    def refuse(_written: ContentFile) -> None:
        raise ValueError

    upload = store.multiparts.start(_TARGET)
    with pytest.raises(ValueError, match=r"^$"):
        store.multiparts.put_part(upload, 1, [b"x"], refuse)
    assert list(store.content.path("x").parent.iterdir()) == []


def test_upload_is_found_under_its_object_until_it_ends(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    with pytest.raises(ApiError, match="does not exist, or has ended"):
        store.multiparts.get("bucket-1", "b", upload.id)
    store.multiparts.abort(_present(store, upload))
    with pytest.raises(ApiError) as refused:
        _present(store, upload)
    assert (refused.value.code, refused.value.reason) == (404, "NoSuchUpload")
