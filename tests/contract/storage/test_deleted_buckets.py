"""Soft-deleted buckets, through google-cloud-storage."""

import zlib
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import storage

from tests.local_cloud import LocalCloud

_WEEK_S = 7 * 86_400


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"test-{zlib.crc32(request.node.nodeid.encode()):08x}"


def _deleted(client: storage.Client, name: str, **fields: Any) -> storage.Bucket:
    """Create a bucket with soft deletion and a deleted object, and delete the bucket."""
    bucket = client.bucket(name)
    bucket.soft_delete_policy.retention_duration_seconds = _WEEK_S
    bucket.labels = fields
    bucket = client.create_bucket(bucket)
    blob = bucket.blob("a")
    blob.upload_from_string(b"text")
    blob.delete()
    bucket.delete()
    return bucket


def _listed(client: storage.Client, name: str) -> list[storage.Bucket]:
    return list(client.list_buckets(prefix=name, soft_deleted=True))


def test_deleted_bucket_is_listed_and_read_by_its_generation(client: storage.Client, name: str) -> None:
    made = _deleted(client, name)
    [listed] = _listed(client, name)
    assert (listed.name, listed.generation) == (name, made.generation)
    found = client.get_bucket(name, soft_deleted=True, generation=made.generation)
    assert (found.hard_delete_time - found.soft_delete_time).total_seconds() == pytest.approx(_WEEK_S, abs=1)
    with pytest.raises(exceptions.NotFound):
        client.get_bucket(name)
    with pytest.raises(exceptions.BadRequest, match="generation"):
        client.get_bucket(name, soft_deleted=True)


def test_restored_bucket_keeps_its_settings_and_soft_deleted_objects(client: storage.Client, name: str) -> None:
    made = _deleted(client, name, team="ml")
    client.restore_bucket(name, made.generation)
    bucket = client.get_bucket(name)
    assert (bucket.labels, bucket.generation, bucket.soft_delete_time) == ({"team": "ml"}, made.generation, None)
    assert (list(bucket.list_blobs()), _listed(client, name)) == ([], [])
    [blob] = bucket.list_blobs(soft_deleted=True)
    assert bucket.restore_blob("a", generation=blob.generation).download_as_bytes() == b"text"


def test_new_bucket_of_the_name_does_not_contain_the_old_objects(client: storage.Client, name: str) -> None:
    former = _deleted(client, name)
    new = client.create_bucket(name)
    assert new.generation > former.generation
    assert list(new.list_blobs(soft_deleted=True)) == []
    with pytest.raises(exceptions.Conflict, match="exists already"):
        client.restore_bucket(name, former.generation)
    new.delete()
    client.restore_bucket(name, former.generation)


def test_deleted_bucket_is_gone_after_its_soft_delete_period(
    client: storage.Client, name: str, localgcp: LocalCloud
) -> None:
    made = _deleted(client, name)
    localgcp.advance_clock(_WEEK_S + 1)
    assert _listed(client, name) == []
    with pytest.raises(exceptions.NotFound, match="No such soft-deleted bucket"):
        client.restore_bucket(name, made.generation)


def test_bucket_without_soft_deletion_is_gone_at_once(client: storage.Client, name: str) -> None:
    client.create_bucket(name).delete()
    assert _listed(client, name) == []
