"""Stored records that cannot be read: each costs that record, and no other."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore
from tests.localgcp.services.storage.wire import Api

_SOFT_DELETE = {"softDeletePolicy": {"retentionDurationSeconds": 864000}}


def _overwrite(store: StorageStore, kind: str, name: str, body: dict[str, Any]) -> None:
    with closing(sqlite3.connect(store.context.state.root / "resources.sqlite")) as database:
        database.execute("UPDATE resource SET body = ? WHERE kind = ? AND name = ?", (json.dumps(body), kind, name))
        database.commit()


def test_bytes_of_an_unreadable_object_stay_for_a_server_that_can_read_it(
    reopen: Callable[[], StorageStore], store: StorageStore
) -> None:
    stored = store.put_bytes("bucket-1", "a", b"x")
    _overwrite(store, "storage.objects", "bucket-1/a", {**stored.to_json(), "fieldOfALaterVersion": 1})
    store = reopen()
    assert store.list_objects("bucket-1") == []
    _overwrite(store, "storage.objects", "bucket-1/a", stored.to_json())
    store = reopen()
    assert store.content_path(store.get_object("bucket-1", "a")).read_bytes() == b"x"


def test_objects_of_an_unreadable_bucket_are_there_when_the_bucket_is_created_again(
    reopen: Callable[[], StorageStore], store: StorageStore
) -> None:
    stored = store.put_bytes("bucket-1", "a", b"x")
    _overwrite(store, "storage.buckets", "bucket-1", {"name": "bucket-1"})
    store = reopen()
    assert not store.buckets.has("bucket-1")
    store.create_bucket("bucket-1")
    assert store.list_objects("bucket-1") == [stored]


def test_records_of_every_kind_are_read_after_a_restart(
    reopen: Callable[[], StorageStore], store: StorageStore, caplog: pytest.LogCaptureFixture
) -> None:
    Api(store).json("PATCH", "/storage/v1/b/bucket-1", {"versioning": {"enabled": True}, **_SOFT_DELETE})
    first = store.put_bytes("bucket-1", "a", b"x")
    store.put_bytes("bucket-1", "a", b"y")
    store.delete_object(ObjectSource(bucket="bucket-1", name="a", generation=first.generation))
    store.put_bytes("bucket-1", "a", b"z")
    Api(store).json("PUT", "/storage/v1/b/bucket-1/o/a/iam", {"bindings": []})
    target = ObjectTarget(bucket="bucket-1", name="b", conditions=Preconditions(generation_match=0))
    store.uploads.start(target, {}, None)
    store.multiparts.put_part(store.multiparts.start(target), 1, [b"x"], lambda _content: None)
    store.buckets.create("bucket-2", settings=_SOFT_DELETE)
    store.deleted_buckets.delete("bucket-2")
    store = reopen()
    Api(store)
    assert "cannot be read" not in caplog.text
    kinds = ["buckets", "objects", "noncurrent", "softdeleted", "deletedbuckets", "uploads", "multipart", "policies"]
    assert [len(store.context.state.collection(f"storage.{kind}")) for kind in kinds] == [1] * len(kinds)
