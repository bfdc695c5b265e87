"""The stored form and the API resource of objects."""

import json

from localgcp.core.http.discovery import Document
from localgcp.services.storage.objects.resources import StoredObject, object_settings

_OBJECT = StoredObject(
    bucket="b-1", name="a b/c", generation=7, content_id="id", size_bytes=3, crc32c="crc", md5="md5", created="t0",
    updated="t0", settings={"contentType": "text/csv", "contentEncoding": "gzip"},
)  # fmt: skip


def test_stored_form_is_read_back_equal() -> None:
    assert StoredObject.from_json(json.loads(json.dumps(_OBJECT.to_json()))) == _OBJECT


def test_resource_has_only_fields_of_the_api() -> None:
    Document("storage", "v1").check_body("Object", _OBJECT.resource("http://h"))


def test_server_owned_fields_of_a_body_are_ignored() -> None:
    body = {"name": "other", "generation": "1", "size": "9", "contentType": "x/y"}
    assert object_settings(body) == {"contentType": "x/y"}


def test_null_removes_a_field_and_nested_objects_are_merged() -> None:
    present = {"metadata": {"a": "1", "b": "2"}, "cacheControl": "no-store"}
    assert object_settings({"metadata": {"a": None, "c": "3"}, "cacheControl": None}, present) == {
        "metadata": {"b": "2", "c": "3"}
    }


def test_etag_changes_with_content_and_with_metadata() -> None:
    changed = _OBJECT.changed({"metadata": {"k": "v"}}, "t1", merge=True)
    assert changed.etag != _OBJECT.etag
    assert (changed.updated, changed.created) == ("t1", "t0")


def test_media_headers_have_the_encoding_and_the_hashes() -> None:
    headers = _OBJECT.media_headers()
    assert headers["Content-Encoding"] == "gzip"
    assert headers["X-Goog-Hash"] == "crc32c=crc,md5=md5"
