"""The server holds neither objects nor results in memory, however large they are."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.serving import new_endpoint

_MIB = 1 << 20
_OBJECT_BYTES = 128 * _MIB
_MOST_GROWTH_BYTES = 64 * _MIB
_EVERY_S = 0.01


class Zeros(io.RawIOBase):
    """A file of zeros that takes no memory."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = min(len(buffer), self._size - self._at)
        buffer[:count] = bytes(count)
        self._at += count
        return count


class Sink(io.RawIOBase):
    """Counts what it is given."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        return len(data)


@contextmanager
def little_growth(cloud: LocalCloud, most: int = _MOST_GROWTH_BYTES) -> Iterator[None]:
    """The server's memory stays within a bound while a block runs."""
    process, ended = psutil.Process(cloud.pid), threading.Event()
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not ended.wait(_EVERY_S):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert peak - before < most, f"grew by {(peak - before) / _MIB:.0f} MiB"


@pytest.fixture(scope="module")
def bucket(localgcp: LocalCloud) -> storage.Bucket:
    found = storage.Client(project=localgcp.project).create_bucket("memory")
    found.blob("small").upload_from_string("warm")
    # The messages of Vertex AI are imported in the background; whoever needs them waits for them.
    new_endpoint(localgcp)
    return found


def test_large_object_passes_through(localgcp: LocalCloud, bucket: storage.Bucket) -> None:
    blob = bucket.blob("resumable")
    with little_growth(localgcp):
        blob.chunk_size = 8 * _MIB
        blob.upload_from_file(Zeros(_OBJECT_BYTES), size=_OBJECT_BYTES)
        sink = Sink()
        bucket.blob("resumable").download_to_file(sink, raw_download=True)
        assert sink.size == _OBJECT_BYTES
        assert len(bucket.blob("resumable").download_as_bytes(start=_OBJECT_BYTES - 10, end=_OBJECT_BYTES)) == 10


def test_large_upload_in_one_call_passes_through(localgcp: LocalCloud, bucket: storage.Bucket) -> None:
    address = f"{localgcp.base_url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=single"
    with little_growth(localgcp):
        size = {"Content-Length": str(_OBJECT_BYTES)}
        requests.post(
            address, data=io.BufferedReader(Zeros(_OBJECT_BYTES)), headers=size, timeout=60
        ).raise_for_status()
    assert bucket.get_blob("single").size == _OBJECT_BYTES


def multipart(job: bytes, size: int) -> Iterator[bytes]:
    """The body of a load job with a file of zeros, in pieces."""
    yield b"--x\r\nContent-Type: application/json\r\n\r\n" + job + b"\r\n--x\r\nContent-Type: */*\r\n\r\n"
    yield from (bytes(_MIB) for _ in range(size // _MIB))
    yield b"\r\n--x--"


@pytest.mark.usefixtures("bucket")
def test_files_of_load_jobs_pass_through(localgcp: LocalCloud) -> None:
    """The jobs are refused, so that the memory is that of the upload; their files are gone."""
    address = f"{localgcp.base_url}/upload/bigquery/v2/projects/{localgcp.project}/jobs"
    related = {"Content-Type": "multipart/related; boundary=x"}
    with little_growth(localgcp):
        refused = requests.post(
            f"{address}?uploadType=multipart", data=multipart(b"{}", _OBJECT_BYTES), headers=related, timeout=60
        )
        session = requests.post(f"{address}?uploadType=resumable", json={}, timeout=60).headers["Location"]
        size = {"Content-Length": str(_OBJECT_BYTES)}
        second = requests.put(session, data=io.BufferedReader(Zeros(_OBJECT_BYTES)), headers=size, timeout=60)
    for answer in (refused, second):
        assert answer.status_code == 400
        assert "configuration" in answer.json()["error"]["message"]
    assert list((localgcp.state_dir / "bigquery/uploads").iterdir()) == []


@pytest.mark.usefixtures("bucket")
def test_large_result_is_paged(localgcp: LocalCloud) -> None:
    client = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    client.query_and_wait("SELECT x FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS x")
    sql = "SELECT a * 1000 + b AS x FROM UNNEST(GENERATE_ARRAY(0, 2999)) AS a, UNNEST(GENERATE_ARRAY(0, 999)) AS b"
    with little_growth(localgcp, 192 * _MIB):
        found = client.query(sql).result(page_size=10_000)
        assert found.total_rows == 3_000_000
        assert len(list(next(found.pages))) == 10_000
