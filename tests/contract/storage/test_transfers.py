"""Large and interrupted transfers through Google's own clients."""

import gzip
import io
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.fs
import pytest
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage import transfer_manager
from google.cloud.storage.exceptions import DataCorruption

from tests.contract.serving import new_endpoint
from tests.local_cloud import LocalCloud

_CHUNK = 256 * 1024
_LARGE = 128 << 20
_TEXT = b"a line of text\n" * 20_000


class _Zeros(io.RawIOBase):
    """A stream of zeros of a given size."""

    def __init__(self, size: int) -> None:
        self._size, self._position = size, 0

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._position
        taken = left if size < 0 else min(size, left)
        self._position += taken
        return bytes(taken)

    def tell(self) -> int:
        return self._position


class _Counting(io.RawIOBase):
    """A stream that counts the bytes written to it."""

    size = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        return len(data)


def _growth(pid: int, call: Callable[[], object]) -> int:
    """Return the largest growth of the memory of a process during a call."""
    process = psutil.Process(pid)
    before = process.memory_info().rss
    peak, done = [before], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        call()
    finally:
        done.set()
        watcher.join()
    return peak[0] - before


def test_server_does_not_hold_a_large_object_in_memory(bucket: storage.Bucket, localgcp: LocalCloud) -> None:
    new_endpoint(localgcp)  # waits for what a new server imports in the background
    blob = bucket.blob("zeros", chunk_size=_LARGE)
    up = _growth(localgcp.pid, lambda: blob.upload_from_file(_Zeros(_LARGE), size=_LARGE, checksum=None))
    sink = _Counting()
    blob.chunk_size = None
    down = _growth(localgcp.pid, lambda: blob.download_to_file(sink, checksum=None))
    assert (blob.size, sink.size) == (_LARGE, _LARGE)
    assert max(up, down) < 40 << 20
    blob.delete()


@pytest.mark.parametrize("size", [0, 1, _CHUNK - 1, _CHUNK, _CHUNK + 1])
def test_upload_of_unknown_size_ends_with_the_stream(bucket: storage.Bucket, size: int) -> None:
    data = bytes(range(251)) * (size // 251) + bytes(size % 251)
    bucket.blob("data", chunk_size=_CHUNK).upload_from_file(io.BytesIO(data))
    assert bucket.blob("data").download_as_bytes() == data


@pytest.mark.parametrize("applies_first", [False, True])
def test_upload_resumes_after_a_cut_in_any_of_its_chunks(
    bucket: storage.Bucket, localgcp: LocalCloud, applies_first: bool
) -> None:
    data = bytes(range(256)) * 2_048
    with bucket.blob("data").open("wb", chunk_size=_CHUNK, ignore_flush=True, if_generation_match=0) as writer:
        for start in range(0, len(data), _CHUNK):
            fault = localgcp.add_fault("storage.objects.insert", "drop", appliesFirst=applies_first)
            writer.write(data[start : start + _CHUNK])
    assert localgcp.fault_is_consumed(fault)
    localgcp.clear_faults()
    assert bucket.blob("data").download_as_bytes() == data


def test_session_is_opened_by_one_client_and_filled_by_another(bucket: storage.Bucket, client: storage.Client) -> None:
    url = bucket.blob("data").create_resumable_upload_session(content_type="text/csv", size=5)
    reply = client._http.put(url, data=b"a,b,c", headers={"Content-Range": "bytes 0-4/5"})
    assert reply.status_code == 200
    found = bucket.get_blob("data")
    assert found is not None
    assert (found.content_type, found.download_as_bytes()) == ("text/csv", b"a,b,c")


def test_download_in_chunks_and_in_parallel_gives_the_same_bytes(bucket: storage.Bucket, tmp_path: Path) -> None:
    data = bytes(range(256)) * 5_000 + b"x"
    bucket.blob("data").upload_from_string(data)
    assert bucket.blob("data", chunk_size=_CHUNK).download_as_bytes() == data
    transfer_manager.download_chunks_concurrently(
        bucket.blob("data"), tmp_path / "back", chunk_size=99_999, worker_type=transfer_manager.THREAD
    )
    assert (tmp_path / "back").read_bytes() == data
    with bucket.blob("data").open("rb", chunk_size=_CHUNK) as reader:
        reader.seek(-10, io.SEEK_END)
        assert reader.read() == data[-10:]


def test_long_suffix_range_is_the_whole_object_and_an_empty_object_has_no_ranges(bucket: storage.Bucket) -> None:
    bucket.blob("digits").upload_from_string(b"0123456789")
    assert bucket.blob("digits").download_as_bytes(start=-100) == b"0123456789"
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.blob("empty").download_as_bytes() == b""
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        bucket.blob("digits").download_as_bytes(start=10)


def _gzipped(bucket: storage.Bucket, **settings: str) -> storage.Blob:
    blob = bucket.blob("text.gz")
    blob.content_encoding = "gzip"
    for name, value in settings.items():
        setattr(blob, name, value)
    blob.upload_from_string(gzip.compress(_TEXT), content_type="text/plain")
    return bucket.blob("text.gz")


@pytest.mark.parametrize("checksum", ["md5", "crc32c", None])
def test_gzip_object_is_downloaded_decompressed_or_raw(bucket: storage.Bucket, checksum: str | None) -> None:
    blob = _gzipped(bucket)
    assert blob.download_as_bytes(checksum=checksum) == _TEXT
    assert gzip.decompress(blob.download_as_bytes(raw_download=True, checksum=checksum)) == _TEXT
    sink = io.BytesIO()
    blob.download_to_file(sink, checksum=checksum)
    assert sink.getvalue() == _TEXT


def test_client_without_gzip_gets_the_decompressed_object(bucket: storage.Bucket, client: storage.Client) -> None:
    blob = _gzipped(bucket)
    blob.reload()
    reply = client._http.get(blob.media_link, headers={"Accept-Encoding": "identity"})
    assert (reply.content, reply.headers.get("Content-Encoding")) == (_TEXT, None)
    assert reply.headers["X-Goog-Stored-Content-Encoding"] == "gzip"
    packed = client._http.get(blob.media_link, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.raw.read(decode_content=False)) == _TEXT


def test_arrow_reads_a_gzip_object_decompressed(bucket: storage.Bucket) -> None:
    _gzipped(bucket)
    arrow = pyarrow.fs.GcsFileSystem(anonymous=True)
    with arrow.open_input_stream(f"{bucket.name}/text.gz", compression=None) as stream:
        assert stream.read() == _TEXT


def test_no_transform_prevents_decompression(bucket: storage.Bucket, client: storage.Client) -> None:
    blob = _gzipped(bucket, cache_control="no-transform")
    blob.reload()
    reply = client._http.get(blob.media_link, headers={"Accept-Encoding": "identity"}, stream=True)
    assert gzip.decompress(reply.raw.read(decode_content=False)) == _TEXT


def test_download_has_the_headers_of_the_object(bucket: storage.Bucket, client: storage.Client) -> None:
    blob = bucket.blob("a")
    blob.cache_control, blob.content_disposition, blob.content_language = "no-store", "attachment", "sk"
    blob.upload_from_string("x", content_type="text/x")
    headers = client._http.get(blob.media_link).headers
    names = ("Cache-Control", "Content-Disposition", "Content-Language", "Content-Type")
    assert [headers[name] for name in names] == ["no-store", "attachment", "sk", "text/x"]
    assert headers["X-Goog-Hash"] == f"crc32c={blob.crc32c},md5={blob.md5_hash}"


@pytest.mark.parametrize("checksum", ["md5", "crc32c"])
def test_client_detects_a_corrupt_download(bucket: storage.Bucket, localgcp: LocalCloud, checksum: str) -> None:
    bucket.blob("a").upload_from_string(f"text of {checksum}")
    [path] = [
        path for path in (localgcp.state_dir / "storage" / "content").iterdir()
        if path.stat().st_size < 100 and path.read_text() == f"text of {checksum}"
    ]  # fmt: skip
    path.write_text(f"TEXT of {checksum}")
    with pytest.raises(DataCorruption):
        bucket.blob("a").download_as_bytes(checksum=checksum)


@pytest.mark.parametrize("checksum", ["md5", "crc32c"])
def test_corrupt_upload_is_refused(bucket: storage.Bucket, checksum: str) -> None:
    blob = bucket.blob("a")
    setattr(blob, "md5_hash" if checksum == "md5" else "crc32c", "AAAAAA==")
    with pytest.raises(exceptions.BadRequest, match="doesn't match calculated"):
        blob.upload_from_string("x", checksum=None)
    assert not bucket.blob("a").exists()
