"""Google's method tables."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.discovery import Document, Method


@pytest.fixture(scope="module")
def bigquery() -> Document:
    return Document("bigquery", "v2")


@pytest.fixture(scope="module")
def storage() -> Document:
    return Document("storage", "v1")


def _method(document: Document, method_id: str, prefix: str = "") -> Method:
    return next(item for item in document.methods() if item.id == method_id and item.path.startswith(prefix))


def test_path_parameters_are_decoded(storage: Document) -> None:
    method = _method(storage, "storage.objects.get")
    assert method.match("/storage/v1/b/b-1/o/a%2Fb%20%C3%BC") == {"bucket": "b-1", "object": "a/b ü"}


def test_plain_parameter_does_not_cross_a_slash(storage: Document) -> None:
    assert _method(storage, "storage.objects.get").match("/storage/v1/b/b-1/o/a/b") is None


def test_resource_name_parameter_follows_its_pattern() -> None:
    method = _method(Document("aiplatform", "v1"), "aiplatform.projects.locations.customJobs.get")
    assert method.match("/v1/projects/p/locations/l/customJobs/1") == {"name": "projects/p/locations/l/customJobs/1"}
    assert method.match("/v1/projects/p/locations/l/models/1") is None


def test_media_methods_appear_under_their_own_paths(storage: Document) -> None:
    paths = {(method.verb, method.path) for method in storage.methods()}
    assert ("GET", "/download/storage/v1/b/{bucket}/o/{object}") in paths
    assert ("PUT", "/upload/storage/v1/b/{bucket}/o") in paths


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"lables": {}}, 'Unknown name "lables": Cannot find field.'),
        ({"configuration": {"load": {"sourceUri": "x"}}}, "Unknown name \"sourceUri\" at 'configuration.load'"),
        ({"configuration": {"load": {"sourceUris": "x"}}}, "Invalid value at 'configuration.load.sourceUris' (a list)"),
        ({"configuration": {"dryRun": "perhaps"}}, "Invalid value at 'configuration.dryRun' (TYPE_BOOLEAN)"),
        ({"configuration": {"dryRun": 1}}, "Invalid value at 'configuration.dryRun' (TYPE_BOOLEAN)"),
        ({"configuration": {"labels": {"a": {}}}}, "Invalid value at 'configuration.labels.a' (TYPE_STRING)"),
        ({"configuration": {"jobTimeoutMs": "soon"}}, "Invalid value at 'configuration.jobTimeoutMs' (TYPE_INT64)"),
        ({"configuration": {"jobTimeoutMs": "\u00b2"}}, "Invalid value at 'configuration.jobTimeoutMs' (TYPE_INT64)"),
    ],
)
def test_bad_body_is_a_400_that_names_the_field(bigquery: Document, body: dict, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        bigquery.check_body("Job", body)
    assert caught.value.code == 400
    assert message in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"configuration": {"query": {"query": "SELECT 1", "maximumBytesBilled": "10", "useLegacySql": False}}},
        {"configuration": {"query": {"maximumBytesBilled": 10}}},
        {"configuration": {"load": {"skipLeadingRows": "1"}}},
        {"configuration": {"labels": {"any": "thing"}, "dryRun": None}},
    ],
)
def test_good_body_passes(bigquery: Document, body: dict) -> None:
    bigquery.check_body("Job", body)


def test_unknown_query_parameter_is_a_400(storage: Document) -> None:
    method = _method(storage, "storage.objects.list")
    storage.check_query(method, {"prefix": ["a"], "alt": ["json"], "$prettyPrint": ["0"]})
    with pytest.raises(ApiError, match='Unknown name "prefx"'):
        storage.check_query(method, {"prefx": ["a"]})


@pytest.mark.parametrize(
    ("name", "text", "kind"), [("maxResults", "many", "UINT32"), ("minCreationTime", "1.5", "UINT64")]
)
def test_query_parameter_that_needs_a_number_is_named(bigquery: Document, name: str, text: str, kind: str) -> None:
    with pytest.raises(ApiError, match=rf"Invalid value at '{name}' \(TYPE_{kind}\)"):
        bigquery.check_query(_method(bigquery, "bigquery.jobs.list"), {name: [text]})


def test_numbers_of_64_bits_are_texts_or_numbers(bigquery: Document) -> None:
    for value in ("-9223372036854775808", "7", 7):
        bigquery.check_body("Job", {"configuration": {"jobTimeoutMs": value}})
    bigquery.check_query(_method(bigquery, "bigquery.jobs.list"), {"maxResults": ["7"], "minCreationTime": [""]})
