"""Status codes, headers and bodies that the official clients hide."""

from urllib.parse import quote

import pytest

from localgcp.services.storage.store import StorageStore
from tests.localgcp.services.storage.wire import BASE, Api

_UPLOAD = "/upload/storage/v1/b/bucket-1/o"


def _object(name: str) -> str:
    return f"/storage/v1/b/bucket-1/o/{quote(name, safe='')}"


def test_simple_upload_takes_name_and_type_from_the_request(api: Api) -> None:
    stored = api.json("POST", f"{_UPLOAD}?uploadType=media&name=a%2Fb", b"hello", content_type="text/plain")
    assert (stored["name"], stored["contentType"], stored["size"]) == ("a/b", "text/plain", "5")
    assert stored["selfLink"] == f"{BASE}/storage/v1/b/bucket-1/o/a%2Fb"


def test_multipart_upload_takes_the_metadata_part_first(api: Api) -> None:
    metadata = b'{"name": "a", "metadata": {"k": "v"}}'
    body = (
        b"--B\r\ncontent-type: application/json\r\n\r\n"
        + metadata
        + b"\r\n--B\r\ncontent-type: text/x\r\n\r\n1\n2\r\n--B--"
    )
    stored = api.json("POST", f"{_UPLOAD}?uploadType=multipart", body, content_type="multipart/related; boundary=B")
    assert (stored["metadata"], stored["contentType"], stored["size"]) == ({"k": "v"}, "text/x", "3")


def test_unknown_field_in_upload_metadata_is_refused(api: Api) -> None:
    error = api.error("POST", f"{_UPLOAD}?uploadType=resumable", {"name": "a", "contentTyp": "x"})
    assert error.code == 400
    assert '"contentTyp"' in error.message


def test_upload_with_a_wrong_stated_hash_is_refused(api: Api, store: StorageStore) -> None:
    error = api.error("POST", f"{_UPLOAD}?uploadType=media&name=a", b"hello", x_goog_hash="crc32c=AAAAAA==")
    assert error.code == 400
    assert store.list_objects("bucket-1") == []


@pytest.mark.parametrize(
    ("verb", "address"),
    [
        ("POST", f"{_UPLOAD}?name=a"),
        ("POST", f"{_UPLOAD}?uploadType=magic&name=a"),
        ("PUT", f"{_UPLOAD}?uploadType=media&name=a"),
        ("POST", f"{_UPLOAD}?uploadType=media"),
        ("POST", "/storage/v1/b/bucket-1/o?name=a"),
        ("POST", f"{_UPLOAD}?uploadType=media&name=a&ifGenerationMatch=x"),
    ],
)
def test_incomplete_or_contradictory_upload_is_a_400(api: Api, verb: str, address: str) -> None:
    assert api.error(verb, address).code == 400


def test_resumable_upload_answers_308_until_it_is_complete(api: Api) -> None:
    start = api.call("POST", f"{_UPLOAD}?uploadType=resumable", {"name": "a"}, x_upload_content_type="text/csv")
    location = start.headers["Location"]
    assert location.startswith(f"{BASE}{_UPLOAD}?uploadType=resumable&upload_id=")
    query = api.call("PUT", location, content_range="bytes */*")
    assert (query.status, "Range" in query.headers) == (308, False)
    chunk = b"x" * 262144
    part = api.call("PUT", location, chunk, content_range="bytes 0-262143/*")
    assert (part.status, part.headers["Range"]) == (308, "bytes=0-262143")
    done = api.json("PUT", location, b"y", content_range="bytes 262144-262144/262145")
    assert (done["size"], done["contentType"]) == ("262145", "text/csv")


def test_cancelled_upload_answers_499_and_then_404(api: Api) -> None:
    location = api.call("POST", f"{_UPLOAD}?uploadType=resumable", {"name": "a"}).headers["Location"]
    assert api.call("DELETE", location).status == 499
    assert api.error("PUT", location, content_range="bytes */*").code == 404


def test_download_has_the_hashes_and_the_generation(api: Api, store: StorageStore) -> None:
    stored = store.put_bytes("bucket-1", "a", b"hello", content_type="text/plain")
    reply = api.call("GET", f"/download{_object('a')}?alt=media")
    assert reply.status == 200
    assert reply.headers["X-Goog-Hash"] == f"crc32c={stored.crc32c},md5={stored.md5}"
    assert reply.headers["X-Goog-Generation"] == str(stored.generation)
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers["ETag"] == api.json("GET", _object("a"))["etag"]


def test_range_is_a_206_slice_of_the_file(api: Api, store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"0123456789")
    reply = api.call("GET", f"{_object('a')}?alt=media", range="bytes=3-5")
    assert (reply.status, reply.offset, reply.length) == (206, 3, 3)
    assert reply.headers["Content-Range"] == "bytes 3-5/10"


def test_range_outside_of_the_object_is_a_416_with_its_size(api: Api, store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"0123456789")
    refused = api.error("GET", f"{_object('a')}?alt=media", range="bytes=10-")
    assert (refused.code, refused.headers) == (416, {"Content-Range": "bytes */10"})


def test_etag_conditions_of_a_read(api: Api, store: StorageStore) -> None:
    etag = store.put_bytes("bucket-1", "a", b"x").etag
    assert api.call("GET", _object("a"), if_match=etag).status == 200
    assert api.call("GET", _object("a"), if_none_match=etag).status == 304
    assert api.error("GET", _object("a"), if_match="other").code == 412


def test_parameter_that_is_not_implemented_is_a_501(api: Api) -> None:
    error = api.error("GET", f"{_object('a')}?restoreToken=x")
    assert error.code == 501
    assert "storage.objects.get" in error.message


@pytest.mark.parametrize("address", ["/storage/v1/b", "/storage/v1/b?project="])
def test_bucket_methods_need_a_project(api: Api, address: str) -> None:
    assert "Required parameter: project" in api.error("GET", address).message


@pytest.mark.parametrize("verb", ["copyTo/b/bucket-1", "rewriteTo/b/bucket-1", "moveTo"])
def test_copies_check_the_generations_of_source_and_target(api: Api, store: StorageStore, verb: str) -> None:
    source, target = store.put_bytes("bucket-1", "a", b"x"), store.put_bytes("bucket-1", "b", b"y")
    address = f"{_object('a')}/{verb}/o/b"
    assert api.error("POST", f"{address}?ifSourceGenerationMatch=1").code == 412
    assert api.error("POST", f"{address}?ifGenerationMatch=0").code == 412
    assert store.list_objects("bucket-1") == [source, target]
    conditions = f"ifSourceGenerationMatch={source.generation}&ifGenerationMatch={target.generation}"
    assert api.call("POST", f"{address}?{conditions}").status == 200
    assert store.get_object("bucket-1", "b").crc32c == source.crc32c


def test_overwriting_object_does_not_inherit_metadata(api: Api, store: StorageStore) -> None:
    api.json("POST", f"{_UPLOAD}?uploadType=media&name=a", b"x", content_type="text/csv")
    api.json("PATCH", _object("a"), {"metadata": {"k": "v"}})
    assert "metadata" not in api.json("POST", f"{_UPLOAD}?uploadType=media&name=a", b"y")
