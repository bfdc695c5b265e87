"""Versions of objects, and conditions on them, through Google's own client."""

import zlib
from collections.abc import Callable

import pytest
from google.api_core import exceptions
from google.cloud import storage

from tests.local_cloud import LocalCloud


@pytest.fixture
def bucket(client: storage.Client, request: pytest.FixtureRequest) -> storage.Bucket:
    """A bucket for one test that keeps versions."""
    bucket = client.bucket(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")
    bucket.versioning_enabled = True
    bucket.create()
    return bucket


def _versions(bucket: storage.Bucket, **query: object) -> list[storage.Blob]:
    return list(bucket.list_blobs(versions=True, **query))


def _write(bucket: storage.Bucket, name: str, *texts: str) -> list[int]:
    """Write the texts to one object in turn, and return their generations."""
    generations = []
    for text in texts:
        blob = bucket.blob(name)
        blob.upload_from_string(text)
        generations.append(blob.generation)
    return generations


def test_replaced_object_stays_as_a_noncurrent_version(bucket: storage.Bucket) -> None:
    first, second = _write(bucket, "a", "first", "second")
    assert [blob.generation for blob in bucket.list_blobs()] == [second]
    former, live = _versions(bucket)
    assert (former.generation, live.generation) == (first, second)
    assert (former.time_deleted is None, live.time_deleted) == (False, None)
    assert bucket.blob("a", generation=first).download_as_text() == "first"
    assert bucket.blob("a").download_as_text() == "second"


def test_deleted_object_becomes_noncurrent_and_is_restored_by_a_copy(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"k": "v"}
    blob.upload_from_string("text", content_type="text/csv")
    bucket.blob("a").delete()
    assert not bucket.blob("a").exists()
    with pytest.raises(exceptions.NotFound):
        bucket.blob("a").download_as_bytes()
    restored = bucket.copy_blob(bucket.blob("a"), bucket, "a", source_generation=blob.generation, if_generation_match=0)
    assert restored.generation > blob.generation
    found = bucket.get_blob("a")
    assert found is not None
    assert (found.download_as_text(), found.content_type, found.metadata) == ("text", "text/csv", {"k": "v"})


def test_version_is_deleted_for_good_by_its_generation(bucket: storage.Bucket) -> None:
    first, second = _write(bucket, "a", "first", "second")
    bucket.blob("a", generation=first).delete()
    assert [blob.generation for blob in _versions(bucket)] == [second]
    bucket.blob("a", generation=second).delete()
    assert _versions(bucket) == []


def test_bucket_with_a_noncurrent_version_is_not_empty(bucket: storage.Bucket) -> None:
    [only] = _write(bucket, "a", "x")
    bucket.blob("a").delete()
    with pytest.raises(exceptions.Conflict, match="not empty"):
        bucket.delete()
    bucket.blob("a", generation=only).delete()
    bucket.delete()


def test_noncurrent_version_has_its_own_metadata(bucket: storage.Bucket) -> None:
    first, _ = _write(bucket, "a", "first", "second")
    former = bucket.get_blob("a", generation=first)
    assert former is not None
    former.metadata = {"kept": "yes"}
    former.patch()
    assert [blob.metadata for blob in _versions(bucket)] == [{"kept": "yes"}, None]


def test_versions_are_composed_and_rewritten_by_generation(bucket: storage.Bucket) -> None:
    first, second = _write(bucket, "a", "1", "2")
    composed = bucket.blob("composed")
    composed.compose([bucket.blob("a", generation=second), bucket.blob("a", generation=first)])
    assert composed.download_as_text() == "21"
    rewritten = bucket.blob("rewritten")
    rewritten.rewrite(bucket.blob("a", generation=first))
    assert rewritten.download_as_text() == "1"


def test_versions_are_listed_in_order_over_pages(bucket: storage.Bucket) -> None:
    generations = _write(bucket, "dir/a", "1", "2", "3")
    [other] = _write(bucket, "dir/b", "1")
    bucket.blob("dir/b").delete()
    found = [blob.generation for blob in _versions(bucket, prefix="dir/", page_size=2)]
    assert found == [*generations, other]
    folded = bucket.list_blobs(versions=True, delimiter="/")
    assert (list(folded), folded.prefixes) == ([], {"dir/"})


def test_without_versioning_replaced_objects_are_deleted_and_noncurrent_versions_stay(bucket: storage.Bucket) -> None:
    first, second = _write(bucket, "a", "first", "second")
    bucket.versioning_enabled = False
    bucket.patch()
    [third] = _write(bucket, "a", "third")
    assert [blob.generation for blob in _versions(bucket)] == [first, third]
    with pytest.raises(exceptions.NotFound):
        bucket.blob("a", generation=second).download_as_bytes()


def test_generation_zero_ignores_noncurrent_versions(bucket: storage.Bucket) -> None:
    _write(bucket, "a", "x")
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("a").upload_from_string("y", if_generation_match=0)
    bucket.blob("a").delete()
    bucket.blob("a").upload_from_string("y", if_generation_match=0)
    assert len(_versions(bucket)) == 2


_CALLS: dict[str, Callable[[storage.Bucket, dict], object]] = {
    "get": lambda bucket, conditions: bucket.blob("a").reload(**conditions),
    "download": lambda bucket, conditions: bucket.blob("a").download_as_bytes(**conditions),
    "upload": lambda bucket, conditions: bucket.blob("a").upload_from_string("y", **conditions),
    "resumable": lambda bucket, conditions: bucket.blob("a", chunk_size=1 << 18).upload_from_string("y", **conditions),
    "patch": lambda bucket, conditions: bucket.blob("a").patch(**conditions),
    "update": lambda bucket, conditions: bucket.blob("a").update(**conditions),
    "copy to": lambda bucket, conditions: bucket.copy_blob(bucket.blob("b"), bucket, "a", **conditions),
    "copy from": lambda bucket, conditions: bucket.copy_blob(
        bucket.blob("a"), bucket, "c", **{name.replace("if_", "if_source_"): conditions[name] for name in conditions}
    ),
    "rewrite from": lambda bucket, conditions: bucket.blob("c").rewrite(
        bucket.blob("a"), **{name.replace("if_", "if_source_"): conditions[name] for name in conditions}
    ),
    "delete": lambda bucket, conditions: bucket.blob("a").delete(**conditions),
}


@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize(
    "condition", ["generation_match", "generation_not_match", "metageneration_match", "metageneration_not_match"]
)
def test_each_method_checks_each_condition(bucket: storage.Bucket, call: str, condition: str) -> None:
    generation, _ = *_write(bucket, "a", "x"), *_write(bucket, "b", "x")
    right = generation if condition.startswith("generation") else 1
    wrong = 17
    if "not" in condition:
        right, wrong = wrong, right
    expected = (
        exceptions.NotModified
        if "not" in condition and call in ("get", "download")
        else (exceptions.PreconditionFailed)
    )
    with pytest.raises(expected):
        _CALLS[call](bucket, {f"if_{condition}": wrong})
    assert [blob.generation for blob in _versions(bucket, prefix="a")] == [generation]
    _CALLS[call](bucket, {f"if_{condition}": right})


def test_versions_survive_a_killed_server(fresh_localgcp: LocalCloud) -> None:
    client = storage.Client()
    bucket = client.bucket("survivor")
    bucket.versioning_enabled = True
    bucket.create()
    first, second = _write(bucket, "a", "first", "second")
    bucket.blob("a").delete()
    fresh_localgcp.restart(kill=True)
    assert [blob.generation for blob in _versions(bucket)] == [first, second]
    assert bucket.blob("a", generation=first).download_as_text() == "first"
