"""The method of the XML API that a request names."""

from urllib.parse import parse_qs

import pytest

from localgcp.services.storage.http.xmlapi.methods import finder

_find = finder(lambda name: name in ("mine", "storage"))


@pytest.mark.parametrize(
    ("verb", "path", "query", "method"),
    [
        ("GET", "/mine", "", "listObjects"),
        ("GET", "/mine/", "list-type=2&prefix=a", "listObjects"),
        ("GET", "/mine", "uploads", "listMultipartUploads"),
        ("GET", "/mine/a", "X-Goog-Signature=1", "getObject"),
        ("PUT", "/mine/a", "", "putObject"),
        ("PUT", "/mine/a", "partNumber=1&uploadId=u", "uploadPart"),
        ("PUT", "/mine/a", "upload_id=u", "resumeUpload"),
        ("POST", "/mine/a", "uploads", "initiateMultipartUpload"),
        ("POST", "/mine/a", "uploadId=u", "completeMultipartUpload"),
        ("POST", "/mine/a", "", "startResumableUpload"),
        ("DELETE", "/mine/a", "uploadId=u", "abortMultipartUpload"),
        ("PUT", "/mine/a", "acl", "PUT OBJECT?acl"),
        ("DELETE", "/mine", "", "DELETE BUCKET"),
        ("GET", "/storage/a", "", "getObject"),
        ("GET", "/another/a", "", "getObject"),
    ],
)
def test_verb_path_and_query_select_the_method(verb: str, path: str, query: str, method: str) -> None:
    found = _find(verb, path, parse_qs(query, keep_blank_values=True))
    assert found is not None
    assert found[0].id == f"storage.xml.{method}"


@pytest.mark.parametrize(
    ("path", "name"), [("/mine/a/b%2Fc%20d", "a/b/c d"), ("/mine//a", "/a"), ("/mine/a/", "a/"), ("/mine/%C3%BC", "ü")]
)
def test_path_after_the_bucket_is_the_object_name(path: str, name: str) -> None:
    found = _find("GET", path, {})
    assert found is not None
    assert found[1] == {"bucket": "mine", "object": name}


@pytest.mark.parametrize("path", ["/", "", "/v1/projects", "/ui/projects", "/bigquery/v2", "/Upper/a", "//a"])
def test_path_that_cannot_start_with_a_bucket_is_not_matched(path: str) -> None:
    assert _find("GET", path, {}) is None
