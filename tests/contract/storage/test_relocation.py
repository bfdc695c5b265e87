"""Relocation of buckets, through Google's discovery client, because google-cloud-storage does not implement it."""

import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.contract.discovery import Discovery


@pytest.fixture
def api(discovery: Discovery) -> Any:
    return discovery("storage", "v1")


@pytest.fixture
def bucket(api: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"test-{zlib.crc32(request.node.nodeid.encode()):08x}"
    api.buckets().insert(project="test-project", body={"name": name, "location": "US"}).execute()
    return name


def _relocate(api: Any, bucket: str, location: str, **more: Any) -> dict[str, Any]:
    return api.buckets().relocate(bucket=bucket, body={"destinationLocation": location, **more}).execute()


def _location(api: Any, bucket: str) -> str:
    return api.buckets().get(bucket=bucket).execute()["location"]


def _named(bucket: str, operation: dict[str, Any]) -> dict[str, str]:
    return {"bucket": bucket, "operationId": operation["name"].rpartition("/")[2]}


def test_bucket_moves_when_its_relocation_is_advanced(api: Any, bucket: str) -> None:
    begun = _relocate(api, bucket, "us-central1")
    assert (begun["done"], begun["metadata"]["relocationState"], _location(api, bucket)) == (False, "SYNCING", "US")
    api.operations().advanceRelocateBucket(**_named(bucket, begun), body={"ttl": "3600s"}).execute()
    ended = api.operations().get(**_named(bucket, begun)).execute()
    assert (ended["done"], ended["metadata"]["commonMetadata"]["progressPercent"]) == (True, 100)
    assert "error" not in ended
    assert _location(api, bucket) == "US-CENTRAL1"


def test_relocation_within_a_multi_region_completes_at_once(api: Any, bucket: str) -> None:
    placement = {"dataLocations": ["US-EAST1", "US-WEST1"]}
    assert _relocate(api, bucket, "US", destinationCustomPlacementConfig=placement)["done"]
    moved = api.buckets().get(bucket=bucket).execute()
    assert (moved["locationType"], moved["customPlacementConfig"]) == ("dual-region", placement)


def test_relocation_with_validate_only_changes_nothing(api: Any, bucket: str) -> None:
    operation = _relocate(api, bucket, "EU", validateOnly=True)
    assert (operation["done"], operation["metadata"]["validateOnly"], _location(api, bucket)) == (True, True, "US")


def test_cancelled_relocation_keeps_the_location(api: Any, bucket: str) -> None:
    begun = _relocate(api, bucket, "EU")
    api.operations().cancel(**_named(bucket, begun)).execute()
    assert api.operations().get(**_named(bucket, begun)).execute()["error"]["code"] == 1
    assert _location(api, bucket) == "US"
    with pytest.raises(HttpError, match="is not a running relocation"):
        api.operations().advanceRelocateBucket(**_named(bucket, begun), body={}).execute()


def test_operations_are_listed_in_pages_and_by_a_filter(api: Any, bucket: str) -> None:
    _relocate(api, bucket, "EU", validateOnly=True)
    begun = _relocate(api, bucket, "EU")
    first = api.operations().list(bucket=bucket, pageSize=1).execute()
    rest = api.operations().list(bucket=bucket, pageToken=first["nextPageToken"]).execute()
    assert len(first["operations"] + rest["operations"]) == 2
    waiting = api.operations().list(bucket=bucket, filter="done=false").execute()["operations"]
    assert [item["name"] for item in waiting] == [begun["name"]]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "destinationLocation"),
        ({"destinationLocation": "us"}, "lies in US already"),
        ({"destinationLocation": "no place"}, "location constraint"),
    ],
)
def test_relocation_without_a_valid_destination_is_refused(
    api: Any, bucket: str, body: dict[str, Any], problem: str
) -> None:
    with pytest.raises(HttpError, match=problem) as refused:
        api.buckets().relocate(bucket=bucket, body=body).execute()
    assert refused.value.status_code == 400


def test_second_relocation_of_a_bucket_is_refused(api: Any, bucket: str) -> None:
    _relocate(api, bucket, "EU")
    with pytest.raises(HttpError, match="being relocated"):
        _relocate(api, bucket, "ASIA")
