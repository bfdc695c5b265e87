"""The XML API through google-cloud-storage, through signed URLs, and through an S3 client."""

import datetime
import hashlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.fs
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import storage
from google.cloud.storage import transfer_manager
from google.cloud.storage._media.requests import XMLMPUContainer, XMLMPUPart
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.oauth2 import service_account

from tests.local_cloud import LocalCloud

_MIB = 1 << 20
_DATA = bytes(range(256)) * (11 * 4096) + b"end"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(_DATA)
    return path


@pytest.fixture(scope="module")
def signer() -> service_account.Credentials:
    """An invented service account, whose key signs URLs offline."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    info = {"client_email": "a@b.example", "private_key": pem, "token_uri": "http://127.0.0.1/none"}
    return service_account.Credentials.from_service_account_info(info)


@pytest.fixture(scope="module")
def s3(localgcp: LocalCloud) -> pyarrow.fs.S3FileSystem:
    return pyarrow.fs.S3FileSystem(
        anonymous=True, endpoint_override=f"127.0.0.1:{localgcp.port}", scheme="http", region="auto"
    )


def _http(client: storage.Client, verb: str, path: str, **arguments: Any) -> Any:
    return client._http.request(verb, client._connection.API_BASE_URL + path, **arguments)


def _text(reply: Any, name: str) -> list[str | None]:
    return [element.text for element in ElementTree.fromstring(reply.text).iter() if element.tag.endswith(name)]


class TestMultipartUpload:
    def test_parallel_chunks_become_one_object(self, bucket: storage.Bucket, file: Path, localgcp: LocalCloud) -> None:
        blob = bucket.blob("dir/odd name #1?.bin")
        blob.metadata, blob.cache_control = {"split": "train"}, "no-store"
        transfer_manager.upload_chunks_concurrently(
            str(file), blob, content_type="text/x", chunk_size=5 * _MIB, worker_type=transfer_manager.THREAD
        )
        found = bucket.get_blob("dir/odd name #1?.bin")
        assert found is not None
        assert (found.size, found.content_type, found.cache_control) == (len(_DATA), "text/x", "no-store")
        assert (found.metadata, found.md5_hash) == ({"split": "train"}, None)
        assert found.download_as_bytes(checksum="crc32c") == _DATA
        assert len(localgcp.requests("storage.xml.uploadPart")) >= 3

    def test_failed_part_is_sent_again(self, bucket: storage.Bucket, file: Path, localgcp: LocalCloud) -> None:
        fault = localgcp.add_fault("storage.xml.uploadPart", "error", status=503)
        transfer_manager.upload_chunks_concurrently(
            str(file), bucket.blob("a"), chunk_size=6 * _MIB, worker_type=transfer_manager.THREAD
        )
        assert localgcp.fault_is_consumed(fault)
        assert bucket.blob("a").download_as_bytes() == _DATA

    def test_small_parts_are_refused_and_the_upload_is_aborted(
        self, bucket: storage.Bucket, file: Path, client: storage.Client
    ) -> None:
        with pytest.raises(InvalidResponse, match="400"):
            transfer_manager.upload_chunks_concurrently(
                str(file), bucket.blob("a"), chunk_size=4 * _MIB, worker_type=transfer_manager.THREAD
            )
        assert not bucket.blob("a").exists()
        assert _text(_http(client, "GET", f"/{bucket.name}?uploads"), "UploadId") == []

    def test_unfinished_upload_lists_its_parts_and_survives_a_restart(
        self, bucket: storage.Bucket, file: Path, client: storage.Client, localgcp: LocalCloud
    ) -> None:
        url = f"{localgcp.base_url}/{bucket.name}/a"
        container = XMLMPUContainer(url, str(file))
        container.initiate(client._http, "text/plain")
        for number, (start, end) in {2: (5 * _MIB, len(_DATA)), 1: (0, 5 * _MIB)}.items():
            part = XMLMPUPart(url, container.upload_id, str(file), start, end, number)
            part.upload(client._http)
            container.register_part(number, part.etag)
        localgcp.restart(kill=True)
        listed = _http(client, "GET", f"/{bucket.name}/a?uploadId={container.upload_id}")
        assert _text(listed, "}PartNumber") == ["1", "2"]
        assert _text(listed, "Size") == [str(5 * _MIB), str(len(_DATA) - 5 * _MIB)]
        assert _text(_http(client, "GET", f"/{bucket.name}?uploads"), "UploadId") == [container.upload_id]
        container._parts = dict(sorted(container._parts.items()))
        container.finalize(client._http)
        assert bucket.blob("a").download_as_bytes() == _DATA

    def test_aborted_upload_refuses_parts(
        self, bucket: storage.Bucket, file: Path, client: storage.Client, localgcp: LocalCloud
    ) -> None:
        url = f"{localgcp.base_url}/{bucket.name}/a"
        container = XMLMPUContainer(url, str(file))
        container.initiate(client._http, "text/plain")
        container.cancel(client._http)
        late = XMLMPUPart(url, container.upload_id, str(file), 0, 3, 1)
        with pytest.raises(InvalidResponse, match="404"):
            late.upload(client._http)

    def test_corrupt_part_is_refused(
        self, bucket: storage.Bucket, file: Path, client: storage.Client, localgcp: LocalCloud
    ) -> None:
        url = f"{localgcp.base_url}/{bucket.name}/a"
        container = XMLMPUContainer(url, str(file))
        container.initiate(client._http, "text/plain")
        wrong = XMLMPUPart(
            url, container.upload_id, str(file), 0, 3, 1, headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
        )
        with pytest.raises(DataCorruption, match="BadDigest"):
            wrong.upload(client._http)

    @pytest.mark.parametrize(
        ("parts", "code"),
        [([(1, "none")], "InvalidPart"), ([(2, "x"), (1, "x")], "InvalidPartOrder"), ([], "MalformedXML")],
    )
    def test_invalid_list_of_parts_is_refused(
        self, bucket: storage.Bucket, client: storage.Client, parts: list[tuple[int, str]], code: str
    ) -> None:
        [upload] = _text(_http(client, "POST", f"/{bucket.name}/a?uploads"), "UploadId")
        inner = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts)
        body = f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>"
        refused = _http(client, "POST", f"/{bucket.name}/a?uploadId={upload}", data=body)
        assert (refused.status_code, _text(refused, "Code")) == (400, [code])


class TestSignedAddress:
    def _signed(self, blob: storage.Blob, signer: Any, localgcp: LocalCloud, method: str, **more: Any) -> str:
        return blob.generate_signed_url(
            version="v4", expiration=datetime.timedelta(minutes=5), method=method, credentials=signer,
            api_access_endpoint=localgcp.base_url, **more,
        )  # fmt: skip

    def test_object_is_written_read_and_deleted(
        self, bucket: storage.Bucket, signer: Any, localgcp: LocalCloud, client: storage.Client
    ) -> None:
        blob = bucket.blob("dir/ünï çödé?.txt")
        address = self._signed(blob, signer, localgcp, "PUT", content_type="text/x")
        put = client._http.put(address, data=b"text", headers={"Content-Type": "text/x", "x-goog-meta-a": "b"})
        assert (put.status_code, put.headers["ETag"]) == (200, f'"{hashlib.md5(b"text").hexdigest()}"')
        blob.reload()
        assert (blob.content_type, blob.metadata, str(blob.generation)) == (
            "text/x", {"a": "b"}, put.headers["x-goog-generation"]
        )  # fmt: skip
        got = client._http.get(self._signed(blob, signer, localgcp, "GET"), headers={"Range": "bytes=1-2"})
        assert (got.status_code, got.content, got.headers["x-goog-meta-a"]) == (206, b"ex", "b")
        assert client._http.delete(self._signed(blob, signer, localgcp, "DELETE")).status_code == 204
        assert not blob.exists()

    def test_signature_and_expiry_are_not_checked(
        self, bucket: storage.Bucket, signer: Any, localgcp: LocalCloud, client: storage.Client
    ) -> None:
        bucket.blob("a").upload_from_string("x")
        address = self._signed(bucket.blob("a"), signer, localgcp, "GET")
        forged = address.replace("X-Goog-Signature=", "X-Goog-Signature=00").replace("X-Goog-Date=20", "X-Goog-Date=19")
        assert client._http.get(forged).content == b"x"

    def test_resumable_upload_continues_after_the_last_byte(
        self, bucket: storage.Bucket, signer: Any, localgcp: LocalCloud, client: storage.Client
    ) -> None:
        address = self._signed(bucket.blob("a"), signer, localgcp, "RESUMABLE")
        begun = client._http.post(address, headers={"x-goog-resumable": "start", "Content-Type": "text/x"})
        assert begun.status_code == 201
        session, half = begun.headers["Location"], bytes(256 * 1024)
        first = client._http.put(session, data=half, headers={"Content-Range": f"bytes 0-{len(half) - 1}/*"})
        asked = client._http.put(session, headers={"Content-Range": "bytes */*"})
        assert [(reply.status_code, reply.headers["Range"]) for reply in (first, asked)] == [
            (308, "bytes=0-262143")
        ] * 2
        end = client._http.put(session, data=b"end", headers={"Content-Range": "bytes 262144-262146/262147"})
        assert end.status_code == 200
        assert bucket.blob("a").download_as_bytes() == half + b"end"
        cancelled = client._http.post(address, headers={"x-goog-resumable": "start"}).headers["Location"]
        assert client._http.delete(cancelled).status_code == 499


class TestPlainCalls:
    def test_head_returns_the_headers_of_the_object(self, bucket: storage.Bucket, client: storage.Client) -> None:
        blob = bucket.blob("a")
        blob.upload_from_string(b"text", content_type="text/x")
        head = _http(client, "HEAD", f"/{bucket.name}/a")
        assert (head.status_code, head.content) == (200, b"")
        expected = {
            "Content-Length": "4", "Content-Type": "text/x", "x-goog-generation": str(blob.generation),
            "x-goog-hash": f"crc32c={blob.crc32c},md5={blob.md5_hash}", "x-goog-storage-class": "STANDARD",
        }  # fmt: skip
        assert {name: head.headers[name] for name in expected} == expected

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"x-goog-if-generation-match": "0"}, 412),
            ({"x-goog-if-metageneration-match": "1"}, 200),
            ({"x-goog-if-metageneration-match": "2"}, 412),
            ({"If-Match": '"other"'}, 412),
            ({"If-None-Match": f'"{hashlib.md5(b"text").hexdigest()}"'}, 304),
            ({"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
            ({"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 412),
            ({"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 -0000"}, 200),
            ({"Range": "bytes=4-"}, 416),
            ({"x-goog-if-generation-match": "none"}, 400),
            ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, 501),
        ],
    )
    def test_read_checks_its_conditions(
        self, bucket: storage.Bucket, client: storage.Client, headers: dict[str, str], status: int
    ) -> None:
        bucket.blob("a").upload_from_string(b"text")
        assert _http(client, "GET", f"/{bucket.name}/a", headers=headers).status_code == status

    def test_write_checks_its_generation(self, bucket: storage.Bucket, client: storage.Client) -> None:
        new = {"x-goog-if-generation-match": "0"}
        assert _http(client, "PUT", f"/{bucket.name}/a", data=b"1", headers=new).status_code == 200
        refused = _http(client, "PUT", f"/{bucket.name}/a", data=b"2", headers=new)
        assert (refused.status_code, _text(refused, "Code")) == (412, ["PreconditionFailed"])
        wrong = _http(client, "PUT", f"/{bucket.name}/a", data=b"2", headers={"x-goog-hash": "crc32c=AAAAAA=="})
        assert (wrong.status_code, _text(wrong, "Code")) == (400, ["BadDigest"])
        assert bucket.blob("a").download_as_bytes() == b"1"

    @pytest.mark.parametrize(("directive", "content_type"), [("COPY", "text/x"), ("REPLACE", "text/y")])
    def test_copy_keeps_or_replaces_the_metadata(
        self, bucket: storage.Bucket, client: storage.Client, directive: str, content_type: str
    ) -> None:
        source = bucket.blob("dir/a b")
        source.upload_from_string(b"text", content_type="text/x")
        headers = {
            "x-goog-copy-source": f"/{bucket.name}/dir/a%20b", "x-goog-metadata-directive": directive,
            "x-goog-copy-source-if-generation-match": str(source.generation), "Content-Type": "text/y",
        }  # fmt: skip
        copied = _http(client, "PUT", f"/{bucket.name}/copy", headers=headers)
        assert _text(copied, "ETag") == [f'"{hashlib.md5(b"text").hexdigest()}"']
        found = bucket.get_blob("copy")
        assert found is not None
        assert (found.content_type, found.download_as_bytes()) == (content_type, b"text")

    def test_version_is_read_by_its_generation(self, bucket: storage.Bucket, client: storage.Client) -> None:
        bucket.versioning_enabled = True
        bucket.patch()
        blob = bucket.blob("a")
        blob.upload_from_string(b"first")
        generation = blob.generation
        blob.upload_from_string(b"second")
        assert _http(client, "GET", f"/{bucket.name}/a?generation={generation}").content == b"first"

    def test_version_1_list_continues_after_its_marker(self, bucket: storage.Bucket, client: storage.Client) -> None:
        for name in ("a", "dir/1", "dir/2", "z"):
            bucket.blob(name).upload_from_string("x")
        first = _http(client, "GET", f"/{bucket.name}?delimiter=/&max-keys=2")
        assert (_text(first, "Key"), _text(first, "}Prefix"), _text(first, "NextMarker")) == (
            ["a"], [None, "dir/"], ["dir/"]
        )  # fmt: skip
        rest = _http(client, "GET", f"/{bucket.name}?delimiter=/&marker=dir/")
        assert (_text(rest, "Key"), _text(rest, "IsTruncated")) == (["z"], ["false"])

    def test_head_and_location_of_a_bucket(self, bucket: storage.Bucket, client: storage.Client) -> None:
        assert _http(client, "HEAD", f"/{bucket.name}").status_code == 200
        assert _text(_http(client, "GET", f"/{bucket.name}?location"), "LocationConstraint") == ["US"]

    @pytest.mark.parametrize(
        ("verb", "path", "status", "code"),
        [
            ("GET", "/no-such-bucket/a", 404, "NoSuchBucket"),
            ("GET", "/{bucket}/none", 404, "NoSuchKey"),
            ("GET", "/{bucket}?acl", 501, "NotImplemented"),
            ("PUT", "/{bucket}", 501, "NotImplemented"),
            ("POST", "/{bucket}", 501, "NotImplemented"),
            ("POST", "/{bucket}?delete", 501, "NotImplemented"),
            ("GET", "/{bucket}?versions", 501, "NotImplemented"),
            ("POST", "/{bucket}/a", 400, "InvalidArgument"),
        ],
    )
    def test_errors_are_xml_documents(
        self, bucket: storage.Bucket, client: storage.Client, verb: str, path: str, status: int, code: str
    ) -> None:
        refused = _http(client, verb, path.format(bucket=bucket.name))
        assert (refused.status_code, _text(refused, "Code")) == (status, [code])

    @pytest.mark.parametrize("path", ["/", "/v1/projects/p/none", "/compute/v1/projects/p", "/storage/v1/none", "/No"])
    def test_path_that_cannot_start_with_a_bucket_is_a_404_in_json(self, client: storage.Client, path: str) -> None:
        refused = _http(client, "GET", path)
        assert refused.status_code == 404
        assert "No API served here" in refused.json()["error"]["message"]

    def test_path_of_another_api_wins_over_a_bucket(self, client: storage.Client) -> None:
        client.create_bucket("storage").blob("v1/b").upload_from_string("x")
        assert _http(client, "GET", "/storage/v1/b?project=test-project").json()["kind"] == "storage#buckets"


class TestS3Client:
    """An S3 client, configured as in Google's documentation on migrating from S3."""

    def test_objects_are_listed_and_read(self, bucket: storage.Bucket, s3: pyarrow.fs.S3FileSystem) -> None:
        for name in ("dir/odd name #1.txt", "dir/sub/2.txt", "top.txt"):
            bucket.blob(name).upload_from_string(name)
        found = s3.get_file_info(pyarrow.fs.FileSelector(f"{bucket.name}/dir", recursive=True))
        files = sorted(info.path for info in found if info.type == pyarrow.fs.FileType.File)
        assert files == [f"{bucket.name}/dir/odd name #1.txt", f"{bucket.name}/dir/sub/2.txt"]
        with s3.open_input_file(files[0]) as file:
            file.seek(4)
            assert file.read(3) == b"odd"
        assert s3.get_file_info(f"{bucket.name}/none").type == pyarrow.fs.FileType.NotFound

    def test_object_is_copied_and_deleted(self, bucket: storage.Bucket, client: storage.Client) -> None:
        bucket.blob("a").upload_from_string("x")
        headers = {"x-amz-copy-source": f"/{bucket.name}/a"}
        assert _http(client, "PUT", f"/{bucket.name}/b", headers=headers).status_code == 200
        assert _http(client, "DELETE", f"/{bucket.name}/a").status_code == 204
        assert [(blob.name, blob.download_as_bytes()) for blob in bucket.list_blobs()] == [("b", b"x")]

    def test_upload_in_chunks_with_trailing_digests_is_a_501(
        self, bucket: storage.Bucket, client: storage.Client
    ) -> None:
        for headers in ({"Content-Encoding": "aws-chunked"}, {"x-amz-trailer": "x-amz-checksum-crc32"}):
            refused = _http(client, "PUT", f"/{bucket.name}/a", data=b"x", headers=headers)
            assert (refused.status_code, _text(refused, "Code")) == (501, ["NotImplemented"])
        assert not bucket.blob("a").exists()
