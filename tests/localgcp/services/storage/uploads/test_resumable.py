"""Resumable uploads, through interruptions."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.targets import ObjectTarget
from localgcp.services.storage.store import StorageStore
from localgcp.services.storage.uploads.media import ContentRange
from localgcp.services.storage.uploads.session import UploadProgress

_CHUNK = 256 * 1024
_TARGET = ObjectTarget(bucket="bucket-1", name="a", settings={"contentType": "text/csv"})


def _status(call: Callable[[], object]) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code


def _receive(
    store: StorageStore, session: str, part: ContentRange, body: bytes, hashes: dict[str, str]
) -> UploadProgress:
    return store.uploads.receive(session, replace(part, length=len(body)), BytesIO(body), hashes)


def test_last_chunk_creates_the_object(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    assert _receive(store, session, ContentRange(0, None), b"x" * _CHUNK, {}).size_bytes == _CHUNK
    assert store.list_objects("bucket-1") == []
    done = _receive(store, session, ContentRange(_CHUNK, _CHUNK + 2), b"yz", {}).result
    assert done == store.get_object("bucket-1", "a")
    assert store.content_path(done).read_bytes() == b"x" * _CHUNK + b"yz"
    assert done.content_type == "text/csv"


def test_empty_request_with_the_total_completes_the_upload(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    _receive(store, session, ContentRange(0, None), b"x" * _CHUNK, {})
    assert _receive(store, session, ContentRange(None, None), b"", {}).result is None
    assert _receive(store, session, ContentRange(None, _CHUNK), b"", {}).result is not None


def test_chunk_that_is_sent_twice_counts_once(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    for _ in range(2):
        _receive(store, session, ContentRange(0, None), b"x" * _CHUNK, {})
    done = _receive(store, session, ContentRange(0, 2 * _CHUNK), b"x" * _CHUNK + b"y" * _CHUNK, {}).result
    assert done is not None
    assert store.content_path(done).read_bytes() == b"x" * _CHUNK + b"y" * _CHUNK


def test_upload_continues_after_a_restart(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    session = store.uploads.start(_TARGET, {}, None)
    _receive(store, session, ContentRange(0, None), b"x" * _CHUNK, {})
    store = reopen()
    assert _receive(store, session, ContentRange(None, None), b"", {}).size_bytes == _CHUNK
    assert _receive(store, session, ContentRange(_CHUNK, _CHUNK + 1), b"y", {}).result is not None


def test_complete_upload_returns_its_object_again_even_after_a_restart(reopen: Callable[[], StorageStore]) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    session = store.uploads.start(_TARGET, {}, None)
    done = _receive(store, session, ContentRange(0, 1), b"x", {}).result
    assert _receive(store, session, ContentRange(0, 1), b"x", {}).result == done
    assert _receive(reopen(), session, ContentRange(None, 1), b"", {}).result == done


def test_server_killed_between_object_and_session_record_creates_the_object_once(
    reopen: Callable[[], StorageStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopen()
    store.create_bucket("bucket-1")
    target = ObjectTarget(bucket="bucket-1", name="a", conditions=Preconditions(generation_match=0))
    session = store.uploads.start(target, {}, None)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store.uploads, "_finish", killed)
    with pytest.raises(KeyboardInterrupt):
        _receive(store, session, ContentRange(0, 1), b"x", {})
    again = reopen()
    done = _receive(again, session, ContentRange(0, 1), b"x", {}).result
    assert done == again.get_object("bucket-1", "a")


def test_wrong_digest_ends_the_upload_without_an_object(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    assert _status(lambda: _receive(store, session, ContentRange(0, 1), b"x", {"crc32c": "AAAAAA=="})) == 400
    assert store.list_objects("bucket-1") == []
    assert _status(lambda: _receive(store, session, ContentRange(None, None), b"", {})) == 404


def test_condition_is_checked_at_the_start_and_at_the_end(store: StorageStore) -> None:
    target = ObjectTarget(bucket="bucket-1", name="a", conditions=Preconditions(generation_match=0))
    session = store.uploads.start(target, {}, None)
    other = store.put_bytes("bucket-1", "a", b"came first")
    assert _status(lambda: _receive(store, session, ContentRange(0, 1), b"x", {})) == 412
    assert _status(lambda: store.uploads.start(target, {}, None)) == 412
    assert store.get_object("bucket-1", "a") == other


@pytest.mark.parametrize(
    ("part", "body"),
    [
        (ContentRange(10, 11), b"x"),
        (ContentRange(0, None), b"x"),
        (ContentRange(0, 6), b"xxxxxx"),
    ],
    ids=["gap", "chunk that is not a multiple of 256 KiB", "another than the announced size"],
)
def test_bytes_that_do_not_continue_the_upload_are_a_400(store: StorageStore, part: ContentRange, body: bytes) -> None:
    session = store.uploads.start(_TARGET, {}, 11)
    assert _status(lambda: _receive(store, session, part, body, {})) == 400


def test_cancelled_upload_is_deleted_with_its_bytes(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    _receive(store, session, ContentRange(0, None), b"x" * _CHUNK, {})
    store.uploads.cancel(session)
    assert not store.content.partial_path(session).exists()
    assert _status(lambda: _receive(store, session, ContentRange(None, None), b"", {})) == 404


def test_request_that_broke_off_adds_whole_multiples_of_256_kib(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    body = b"x" * (2 * _CHUNK + 5)
    part = ContentRange(0, 10 * _CHUNK, len(body))
    assert store.uploads.receive_broken_off(session, part, BytesIO(body)).size_bytes == 2 * _CHUNK
    assert (
        store.uploads.receive_broken_off(session, replace(part, length=5), BytesIO(b"xxxxx")).size_bytes == 2 * _CHUNK
    )
    assert store.list_objects("bucket-1") == []


def test_chunk_of_a_known_total_that_is_not_the_last_is_a_multiple_of_256_kib(store: StorageStore) -> None:
    session = store.uploads.start(_TARGET, {}, None)
    assert _status(lambda: _receive(store, session, ContentRange(0, 100), b"x", {})) == 400
