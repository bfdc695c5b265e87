"""The stored form and the API resource of buckets."""

import json

from localgcp.core.http.discovery import Document
from localgcp.services.storage.buckets.resources import Bucket

_BUCKET = Bucket(name="b-1", project="p", location="US", created="t0", updated="t0", settings={"labels": {"a": "b"}})


def test_stored_form_is_read_back_equal() -> None:
    assert Bucket.from_json(json.loads(json.dumps(_BUCKET.to_json()))) == _BUCKET


def test_resource_has_only_fields_of_the_api() -> None:
    Document("storage", "v1").check_body("Bucket", _BUCKET.resource("http://h"))


def test_patch_of_a_bucket_merges_and_update_replaces() -> None:
    body = {"labels": {"c": "d"}, "location": "EU"}
    patched = _BUCKET.changed(body, "t1", merge=True)
    assert (patched.settings, patched.location, patched.metageneration) == ({"labels": {"a": "b", "c": "d"}}, "US", 2)
    assert _BUCKET.changed(body, "t1", merge=False).settings == {"labels": {"c": "d"}}
