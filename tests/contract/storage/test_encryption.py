"""Customer-supplied encryption keys and names of Cloud KMS keys, through google-cloud-storage."""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.cloud.storage import transfer_manager

from tests.local_cloud import LocalCloud

_KEY, _OTHER = b"k" * 32, b"o" * 32
_KMS = "projects/p/locations/us/keyRings/r/cryptoKeys/k"


@pytest.fixture
def bucket(client: storage.Client, request: pytest.FixtureRequest) -> storage.Bucket:
    """A bucket for one test, with the object `a` encrypted by a key."""
    bucket = client.create_bucket(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")
    bucket.blob("a", encryption_key=_KEY).upload_from_string(b"secret")
    return bucket


def _headers(key: bytes, digest: bytes | None = None, algorithm: str = "AES256") -> dict[str, str]:
    return {
        "x-goog-encryption-algorithm": algorithm, "x-goog-encryption-key": b64encode(key).decode(),
        "x-goog-encryption-key-sha256": b64encode(digest or hashlib.sha256(key).digest()).decode(),
    }  # fmt: skip


class TestCustomerSuppliedKeys:
    def test_object_is_read_with_its_key(self, bucket: storage.Bucket) -> None:
        blob = bucket.blob("a", encryption_key=_KEY)
        assert (blob.download_as_bytes(), blob.download_as_bytes(start=1, end=2)) == (b"secret", b"ec")
        blob.reload()
        shown = blob._properties["customerEncryption"]
        assert shown == {
            "encryptionAlgorithm": "AES256",
            "keySha256": b64encode(hashlib.sha256(_KEY).digest()).decode(),
        }
        assert blob.md5_hash == b64encode(hashlib.md5(b"secret", usedforsecurity=False).digest()).decode()

    def test_metadata_without_the_key_has_no_digests(self, bucket: storage.Bucket) -> None:
        found, [listed] = bucket.get_blob("a"), bucket.list_blobs()
        assert found is not None
        for blob in (found, listed):
            assert (blob.size, blob.md5_hash, blob.crc32c) == (6, None, None)

    @pytest.mark.parametrize(
        ("key", "problem"), [(None, "is encrypted by a customer-supplied"), (_OTHER, "key is incorrect")]
    )
    @pytest.mark.parametrize(
        "use",
        [
            lambda blob: blob.download_as_bytes(raw_download=True),
            lambda blob: blob.bucket.blob("b").rewrite(blob),
        ],
        ids=["download", "rewrite"],
    )
    def test_wrong_or_missing_key_is_refused(
        self, bucket: storage.Bucket, use: Callable[[storage.Blob], object], key: bytes | None, problem: str
    ) -> None:
        with pytest.raises(exceptions.BadRequest, match=problem):
            use(bucket.blob("a", encryption_key=key))
        assert not bucket.blob("b").exists()

    def test_key_for_an_unencrypted_object_is_refused(self, bucket: storage.Bucket) -> None:
        bucket.blob("plain").upload_from_string(b"x")
        for use in (storage.Blob.download_as_bytes, storage.Blob.reload):
            with pytest.raises(exceptions.BadRequest, match="is not encrypted by a customer-supplied"):
                use(bucket.blob("plain", encryption_key=_KEY))

    @pytest.mark.parametrize("new", [_OTHER, None])
    def test_rewrite_changes_the_key(self, bucket: storage.Bucket, new: bytes | None) -> None:
        bucket.blob("a", encryption_key=new).rewrite(bucket.blob("a", encryption_key=_KEY))
        assert bucket.blob("a", encryption_key=new).download_as_bytes() == b"secret"
        with pytest.raises(exceptions.BadRequest):
            bucket.blob("a", encryption_key=_KEY).download_as_bytes()

    @pytest.mark.parametrize(("key", "status"), [(_KEY, 200), (_OTHER, 400), (None, 400)])
    def test_compose_needs_one_key_for_all_objects(
        self, bucket: storage.Bucket, client: storage.Client, key: bytes | None, status: int
    ) -> None:
        url = f"{client._connection.API_BASE_URL}/storage/v1/b/{bucket.name}/o/b/compose"  # Blob.compose sends no keys
        body = {"sourceObjects": [{"name": "a"}, {"name": "a"}]}
        reply = client._http.post(url, json=body, headers=_headers(key) if key else {})
        assert reply.status_code == status
        assert bucket.blob("b").exists() == (status == 200)
        if status == 200:
            assert bucket.blob("b", encryption_key=_KEY).download_as_bytes() == b"secretsecret"

    def test_resumable_upload_has_the_key_of_its_first_request(self, bucket: storage.Bucket) -> None:
        data = bytes(300 * 1024)
        blob = bucket.blob("b", encryption_key=_KEY, chunk_size=256 * 1024)
        blob.upload_from_string(data)
        assert blob.download_as_bytes() == data
        with pytest.raises(exceptions.BadRequest):
            bucket.blob("b").download_as_bytes()

    def test_restored_object_keeps_its_key(self, bucket: storage.Bucket) -> None:
        bucket.soft_delete_policy.retention_duration_seconds = 7 * 86_400
        bucket.patch()
        blob = bucket.get_blob("a")
        assert blob is not None
        blob.delete()
        bucket.restore_blob("a", generation=blob.generation)
        assert bucket.blob("a", encryption_key=_KEY).download_as_bytes() == b"secret"
        with pytest.raises(exceptions.BadRequest):
            bucket.blob("a").download_as_bytes()

    @pytest.mark.parametrize(
        ("headers", "reason"),
        [
            (_headers(_KEY, algorithm="AES128"), "customerEncryptionAlgorithmIsInvalid"),
            (_headers(b"short"), "customerEncryptionKeyFormatIsInvalid"),
            (_headers(_KEY, digest=b"other"), "customerEncryptionKeySha256IsInvalid"),
            ({"x-goog-encryption-algorithm": "AES256"}, "customerEncryptionKeyFormatIsInvalid"),
        ],
    )
    def test_contradictory_key_headers_are_refused(
        self, bucket: storage.Bucket, client: storage.Client, headers: dict[str, str], reason: str
    ) -> None:
        url = f"{client._connection.API_BASE_URL}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=b"
        reply = client._http.post(url, data=b"x", headers=headers)
        assert (reply.status_code, reply.json()["error"]["errors"][0]["reason"]) == (400, reason)

    def test_state_folder_does_not_contain_the_key(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        files = [path for path in localgcp.state_dir.rglob("*") if path.is_file()]
        assert files
        for path in files:
            data = path.read_bytes()
            assert _KEY not in data
            assert b64encode(_KEY) not in data

    def test_other_services_refuse_an_object_with_a_key(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        client = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
        client.create_dataset("keyed", exists_ok=True)
        job = client.load_table_from_uri(f"gs://{bucket.name}/a", "keyed.t", job_config=bigquery.LoadJobConfig(
            schema=[bigquery.SchemaField("x", "STRING")], source_format="CSV",
        ))  # fmt: skip
        with pytest.raises(exceptions.BadRequest, match="customer-supplied encryption key"):
            job.result()


class TestOverTheXmlApi:
    def test_object_has_the_same_key_in_both_apis(self, bucket: storage.Bucket, client: storage.Client) -> None:
        url = f"{client._connection.API_BASE_URL}/{bucket.name}/b"
        assert client._http.put(url, data=b"text", headers=_headers(_KEY)).status_code == 200
        read = client._http.get(url, headers=_headers(_KEY))
        assert (read.content, read.headers["x-goog-encryption-algorithm"]) == (b"text", "AES256")
        refused = client._http.get(url)
        assert (refused.status_code, "<Code>ResourceIsEncryptedWithCustomerEncryptionKey<" in refused.text) == (
            400,
            True,
        )
        copied = {"x-goog-copy-source": f"{bucket.name}/b"}
        assert client._http.put(f"{url}2", headers=copied).status_code == 400
        source = {name.replace("x-goog-", "x-goog-copy-source-"): value for name, value in _headers(_KEY).items()}
        assert client._http.put(f"{url}2", headers={**copied, **source}).status_code == 200
        assert bucket.blob("b2").download_as_bytes() == b"text"

    def test_parts_of_an_upload_are_sent_with_the_key(self, bucket: storage.Bucket, tmp_path: Path) -> None:
        path, blob = tmp_path / "data", bucket.blob("b", encryption_key=_KEY)
        path.write_bytes(b"x" * (6 << 20))
        transfer_manager.upload_chunks_concurrently(
            str(path), blob, chunk_size=5 << 20, worker_type=transfer_manager.THREAD
        )
        assert len(blob.download_as_bytes()) == 6 << 20
        with pytest.raises(exceptions.BadRequest):
            bucket.blob("b").download_as_bytes()


class TestKmsKeys:
    def test_object_shows_the_kms_key_with_a_version(self, bucket: storage.Bucket) -> None:
        blob = bucket.blob("b", kms_key_name=_KMS)
        blob.upload_from_string(b"x")
        found = bucket.get_blob("b")
        assert found is not None
        assert found.kms_key_name == f"{_KMS}/cryptoKeyVersions/1"
        bucket.blob("c", kms_key_name=f"{_KMS}2").rewrite(found)
        assert bucket.get_blob("c").kms_key_name.startswith(f"{_KMS}2/")

    def test_new_object_has_the_default_key_of_its_bucket_unless_the_request_names_one(
        self, bucket: storage.Bucket
    ) -> None:
        bucket.default_kms_key_name = _KMS
        bucket.patch()
        for name, key in (("b", None), ("c", _KEY)):
            bucket.blob(name, encryption_key=key).upload_from_string(b"x")
        shown = [bucket.get_blob(name).kms_key_name for name in ("b", "c")]
        assert shown == [f"{_KMS}/cryptoKeyVersions/1", None]

    def test_malformed_name_of_a_kms_key_is_refused(self, bucket: storage.Bucket) -> None:
        with pytest.raises(exceptions.BadRequest, match="Invalid Cloud KMS key name"):
            bucket.blob("b", kms_key_name="k").upload_from_string(b"x")
        bucket.default_kms_key_name = "k"
        with pytest.raises(exceptions.BadRequest, match="Invalid Cloud KMS key name"):
            bucket.patch()
