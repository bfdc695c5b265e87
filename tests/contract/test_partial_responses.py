"""The system parameter `fields` of every API, through Google's clients."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud

_PROJECT = "test-project"
_WHERE = f"projects/{_PROJECT}/locations/europe-west1"


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> Iterator[storage.Bucket]:
    client = storage.Client()
    bucket = client.create_bucket("partial")
    for name in ("a", "b", "dir/c"):
        blob = bucket.blob(name)
        blob.metadata = {"split": "train", "kind": "x"}
        blob.upload_from_string(name)
    yield bucket
    client.close()


def test_listing_brings_what_was_asked_for(bucket: storage.Bucket) -> None:
    found = bucket.list_blobs(fields="items(name,size),nextPageToken", page_size=1)
    assert [dict(blob._properties) for blob in found] == [
        {"name": "a", "size": "1"}, {"name": "b", "size": "1"}, {"name": "dir/c", "size": "5"}
    ]  # fmt: skip
    folded = bucket.list_blobs(fields="prefixes", delimiter="/")
    assert (list(folded), folded.prefixes) == ([], {"dir/"})


def test_listing_without_the_token_is_its_first_page(bucket: storage.Bucket) -> None:
    assert [blob.name for blob in bucket.list_blobs(fields="items/name", page_size=1)] == ["a"]


def test_key_of_the_metadata_is_a_field(bucket: storage.Bucket) -> None:
    found = [blob.metadata for blob in bucket.list_blobs(prefix="a", fields="items(name,metadata/split)")]
    assert found == [{"split": "train"}]


def test_buckets_are_listed_by_name(bucket: storage.Bucket) -> None:
    found = [dict(item._properties) for item in bucket.client.list_buckets(fields="items/name")]
    assert found == [{"name": "partial"}]


@pytest.mark.parametrize("fields", ["items(nme)", "item", "items(name", "items/name/first", "items,"])
def test_selector_that_is_wrong_is_a_400(bucket: storage.Bucket, fields: str) -> None:
    with pytest.raises(BadRequest, match="Invalid field selection") as refused:
        list(bucket.list_blobs(fields=fields))
    assert refused.value.errors[0]["reason"] == "invalidParameter"


def test_upload_in_one_call_and_resumable_is_answered_with_the_fields(
    bucket: storage.Bucket, discovery: Discovery
) -> None:
    objects = discovery("storage", "v1").objects()
    for name, resumable in (("one", False), ("more", True)):
        media = MediaInMemoryUpload(b"xyz", resumable=resumable)
        call = objects.insert(bucket=bucket.name, name=name, media_body=media, fields="name,size")
        assert call.execute() == {"name": name, "size": "3"}
        bucket.blob(name).delete()


def test_download_and_deletion_have_no_fields(bucket: storage.Bucket, discovery: Discovery) -> None:
    objects = discovery("storage", "v1").objects()
    assert objects.get_media(bucket=bucket.name, object="a", fields="name").execute() == b"a"
    bucket.blob("gone").upload_from_string("x")
    assert objects.delete(bucket=bucket.name, object="gone", fields="name").execute() == ""


def test_call_in_a_batch_has_fields_of_its_own(bucket: storage.Bucket, discovery: Discovery) -> None:
    api, found = discovery("storage", "v1"), {}
    batch = api.new_batch_http_request(callback=lambda key, answer, error: found.update({key: error or answer}))
    for fields in ("name", "bucket,name"):
        batch.add(api.objects().get(bucket=bucket.name, object="a", fields=fields), request_id=fields)
    batch.execute()
    assert found == {"name": {"name": "a"}, "bucket,name": {"bucket": "partial", "name": "a"}}


def test_refused_call_does_nothing(bucket: storage.Bucket, discovery: Discovery) -> None:
    with pytest.raises(HttpError):
        discovery("storage", "v1").objects().delete(bucket=bucket.name, object="b", fields="a(").execute()
    assert bucket.blob("b").exists()


def test_error_is_whole(bucket: storage.Bucket, discovery: Discovery) -> None:
    with pytest.raises(HttpError) as refused:
        discovery("storage", "v1").objects().get(bucket=bucket.name, object="none", fields="name").execute()
    assert json.loads(refused.value.content)["error"]["code"] == 404


def test_rows_of_a_query_come_by_the_fields_that_its_client_sends(localgcp: LocalCloud, discovery: Discovery) -> None:
    client = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    job = client.query("SELECT x FROM UNNEST([1, 2, 3]) AS x ORDER BY x")
    assert [row["x"] for row in job.result(page_size=2)] == [1, 2, 3]
    named = {"projectId": _PROJECT, "jobId": job.job_id}
    found = discovery("bigquery", "v2").jobs().getQueryResults(**named, fields="totalRows,rows/f/v").execute()
    assert found == {"totalRows": "3", "rows": [{"f": [{"v": "1"}]}, {"f": [{"v": "2"}]}, {"f": [{"v": "3"}]}]}


# API, method below projects.locations, its parameters, `fields`, and what they leave.
_OTHERS: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("aiplatform v1", "endpoints.list", {"parent": _WHERE}, "nextPageToken", {}),
    ("cloudbuild v1", "builds.list", {"parent": _WHERE}, "builds(id,status)", {"builds": []}),
    (
        "artifactregistry v1", "repositories.create",
        {"parent": _WHERE, "repositoryId": "partial", "body": {"format": "DOCKER"}},
        "done,response/format", {"done": True, "response": {"format": "DOCKER"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("api", "method", "arguments", "fields", "left"), _OTHERS, ids=[row[0] for row in _OTHERS])
def test_every_api_takes_fields(
    discovery: Discovery, api: str, method: str, arguments: dict[str, Any], fields: str, left: dict[str, Any]
) -> None:
    resource, verb = method.split(".")
    call = getattr(getattr(discovery(*api.split()).projects().locations(), resource)(), verb)
    assert call(**arguments, fields=fields).execute() == left
    with pytest.raises(HttpError, match="Invalid field selection nothing"):
        call(**arguments, fields="nothing").execute()
