"""A server on a state folder with records that it cannot read."""

import json
import sqlite3
from contextlib import closing

from google.cloud import storage

from tests.local_cloud import LocalCloud

# One record of each kind that Cloud Storage, Cloud Build, Artifact Registry and Cloud Logging store.
_UNREADABLE = {
    "storage.buckets": {"name": "broken"},
    "storage.objects": {"bucket": "bucket-1", "name": "broken", "generation": "newest"},
    "storage.noncurrent": {"bucket": "bucket-1", "name": "broken", "settings": []},
    "storage.softdeleted": {"bucket": "bucket-1", "name": "broken", "hard_deleted": "soon"},
    "storage.deletedbuckets": {"name": "broken", "generation": 1, "hard_deleted": None},
    "storage.uploads": {"id": "broken", "target": {}},
    "storage.multipart": {"id": "broken", "target": {"conditions": None}},
    "storage.policies": {"etag": 7},
    "cloudbuild.builds": {"id": "broken", "status": "SOMETIMES"},
    "artifactregistry.repositories": {"name": "not a repository"},
    "logging.entries": {"logName": "projects/p/logs/l", "severity": "LOUD"},
}


def test_server_starts_and_its_log_names_each_unreadable_record(fresh_localgcp: LocalCloud) -> None:
    bucket = storage.Client(project=fresh_localgcp.project).create_bucket("bucket-1")
    bucket.blob("a").upload_from_string("x")
    fresh_localgcp.stop()
    with closing(sqlite3.connect(fresh_localgcp.state_dir / "resources.sqlite")) as database:
        for kind, body in _UNREADABLE.items():
            database.execute(
                "INSERT INTO resource (kind, name, body) VALUES (?, 'broken', ?)", (kind, json.dumps(body))
            )
        database.commit()
    fresh_localgcp.start()
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]
    assert bucket.blob("a").download_as_text() == "x"
    log = fresh_localgcp.log.read_text()
    assert [kind for kind in _UNREADABLE if f"the record broken of {kind} cannot be read" not in log] == []
