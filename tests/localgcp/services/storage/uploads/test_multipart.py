"""The parts of multipart uploads."""

from collections.abc import Callable

import pytest

from localgcp.core.http.errors import ApiError
from localgcp.services.storage.objects.content import Written
from localgcp.services.storage.objects.targets import Target
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.multipart import Multipart

_TARGET = Target(bucket="bucket-1", name="a", settings={"contentType": "text/x"})


def _nothing(_written: Written) -> None:
    pass


def _present(store: StorageStore, upload: Multipart) -> Multipart:
    return store.multiparts.get("bucket-1", "a", upload.id)


def test_part_that_comes_twice_is_the_last(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    store.multiparts.put_part(upload, 1, [b"first"], _nothing)
    part = store.multiparts.put_part(upload, 1, [b"second"], _nothing)
    stored = store.multiparts.complete(_present(store, upload), [(1, part.etag)])
    assert (store.content_path(stored).read_bytes(), stored.content_type) == (b"second", "text/x")


def test_part_that_is_not_listed_is_left_out(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    part = store.multiparts.put_part(upload, 1, [b"one"], _nothing)
    store.multiparts.put_part(upload, 2, [b"two"], _nothing)
    stored = store.multiparts.complete(_present(store, upload), [(1, part.etag)])
    assert store.content_path(stored).read_bytes() == b"one"


def test_parts_outlive_the_server(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    upload = store.multiparts.start(_TARGET)
    part = store.multiparts.put_part(upload, 7, [b"x"], _nothing)
    store = reopen()
    stored = store.multiparts.complete(_present(store, upload), [(7, part.etag)])
    assert store.content_path(stored).read_bytes() == b"x"


@pytest.mark.parametrize("number", [0, 10_001])
def test_number_of_a_part_has_bounds(store: StorageStore, number: int) -> None:
    with pytest.raises(ApiError, match="from 1 to 10000"):
        store.multiparts.put_part(store.multiparts.start(_TARGET), number, [b"x"], _nothing)


def test_refused_part_leaves_no_file(store: StorageStore) -> None:
    def refuse(_written: Written) -> None:
        raise ValueError

    upload = store.multiparts.start(_TARGET)
    with pytest.raises(ValueError, match=r"^$"):
        store.multiparts.put_part(upload, 1, [b"x"], refuse)
    assert list(store.content.path("x").parent.iterdir()) == []


def test_upload_is_that_of_its_object_until_it_ends(store: StorageStore) -> None:
    upload = store.multiparts.start(_TARGET)
    with pytest.raises(ApiError, match="does not exist, or has ended"):
        store.multiparts.get("bucket-1", "b", upload.id)
    store.multiparts.abort(_present(store, upload))
    with pytest.raises(ApiError) as refused:
        _present(store, upload)
    assert (refused.value.code, refused.value.reason) == (404, "NoSuchUpload")
