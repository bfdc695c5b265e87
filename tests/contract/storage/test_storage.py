"""Cloud Storage through its official clients, and through pyarrow, which uses google-cloud-cpp."""

import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage import transfer_manager

from tests.local_cloud import LocalCloud

_CHUNK = 256 * 1024


@pytest.fixture
def arrow(localgcp: LocalCloud) -> pyarrow.fs.GcsFileSystem:
    return pyarrow.fs.GcsFileSystem(anonymous=True)


def test_bucket_is_created_read_listed_and_deleted(client: storage.Client, localgcp: LocalCloud) -> None:
    made = client.create_bucket("made-and-deleted", location="us-central1")
    assert (made.location, made.location_type, made.storage_class) == ("US-CENTRAL1", "region", "STANDARD")
    assert client.get_bucket("made-and-deleted").name == "made-and-deleted"
    assert "made-and-deleted" in [item.name for item in client.list_buckets()]
    made.delete()
    assert not client.bucket("made-and-deleted").exists()


def test_bucket_settings_are_returned_as_set(bucket: storage.Bucket, client: storage.Client) -> None:
    bucket.labels = {"team": "ml"}
    bucket.add_lifecycle_delete_rule(age=3)
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert found.labels == {"team": "ml"}
    assert [dict(rule) for rule in found.lifecycle_rules] == [{"action": {"type": "Delete"}, "condition": {"age": 3}}]


def test_bucket_errors_are_those_of_google(bucket: storage.Bucket, client: storage.Client) -> None:
    with pytest.raises(exceptions.Conflict):
        client.create_bucket(bucket.name)
    bucket.blob("a").upload_from_string("x")
    with pytest.raises(exceptions.Conflict, match="not empty"):
        bucket.delete()
    with pytest.raises(exceptions.NotFound, match="no-such-bucket"):
        client.bucket("no-such-bucket").blob("a").upload_from_string("x")


@pytest.mark.parametrize("checksum", ["auto", "crc32c", "md5", None])
def test_small_upload_is_read_back(bucket: storage.Bucket, checksum: str | None) -> None:
    blob = bucket.blob("dir/ü b#?.txt")
    blob.metadata = {"split": "train"}
    blob.upload_from_string("hello", content_type="text/plain", checksum=checksum)
    found = bucket.get_blob("dir/ü b#?.txt")
    assert found is not None
    assert (found.content_type, found.size, found.metadata) == ("text/plain", 5, {"split": "train"})
    assert found.download_as_bytes(checksum=checksum or "auto") == b"hello"


@pytest.mark.parametrize("size", [0, 1, _CHUNK, 2 * _CHUNK, 3 * _CHUNK + 17])
def test_upload_in_chunks_is_read_back(bucket: storage.Bucket, tmp_path: Path, size: int) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * (size // 256) + b"z" * (size % 256))
    bucket.blob("data", chunk_size=_CHUNK).upload_from_filename(path)
    back = tmp_path / "back"
    bucket.blob("data").download_to_filename(back)
    assert back.read_bytes() == path.read_bytes()


def test_upload_of_unknown_length_is_read_back(bucket: storage.Bucket) -> None:
    with bucket.blob("stream", chunk_size=_CHUNK).open("wb") as writer:
        for number in range(5):
            writer.write(bytes([number]) * 200_000)
    with bucket.blob("stream").open("rb") as reader:
        assert reader.read() == b"".join(bytes([number]) * 200_000 for number in range(5))


@pytest.mark.parametrize(
    "fault", [{"action": "error", "count": 2}, {"action": "drop"}, {"action": "drop", "appliesFirst": True}]
)
def test_upload_survives_a_failing_last_chunk(bucket: storage.Bucket, localgcp: LocalCloud, fault: dict) -> None:
    data = b"x" * (_CHUNK + 5)
    writer = bucket.blob("data").open("wb", chunk_size=_CHUNK, if_generation_match=0, ignore_flush=True)
    writer.write(data)
    fault_id = localgcp.add_fault("storage.objects.insert", **fault)
    writer.close()
    assert localgcp.fault_is_consumed(fault_id)
    assert bucket.blob("data").download_as_bytes() == data


def test_ranges_are_slices_of_the_object(bucket: storage.Bucket) -> None:
    blob = bucket.blob("digits")
    blob.upload_from_string(b"0123456789")
    assert blob.download_as_bytes(start=3, end=5) == b"345"
    assert blob.download_as_bytes(start=7) == b"789"
    assert blob.download_as_bytes(start=-2) == b"89"
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10)


def test_transfer_manager_uploads_and_downloads_many_files(bucket: storage.Bucket, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 8_000)
    names = [f"part-{number}" for number in range(6)]
    uploads = [(str(path), bucket.blob(name)) for name in names]
    results = transfer_manager.upload_many(uploads, worker_type=transfer_manager.THREAD, raise_exception=True)
    assert results == [None] * 6
    back = tmp_path / "back"
    transfer_manager.download_chunks_concurrently(
        bucket.blob("part-3"), back, chunk_size=300_000, worker_type=transfer_manager.THREAD
    )
    assert back.read_bytes() == path.read_bytes()


def test_generation_zero_creates_the_object_only_once(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("first", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("a").upload_from_string("second", if_generation_match=0)
    assert blob.download_as_bytes() == b"first"


def test_overwrite_and_delete_check_the_generation(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("first")
    stale = blob.generation
    blob.upload_from_string("second", if_generation_match=stale)
    assert blob.generation > stale
    with pytest.raises(exceptions.PreconditionFailed):
        blob.delete(if_generation_match=stale)
    with pytest.raises(exceptions.NotFound):
        bucket.blob("a", generation=stale).download_as_bytes()
    with pytest.raises(exceptions.NotModified):
        bucket.blob("a").reload(if_generation_not_match=blob.generation)
    blob.delete(if_generation_match=blob.generation)
    assert not blob.exists()


def test_metadata_change_checks_the_metageneration(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("x")
    blob.metadata = {"a": "1", "b": "2"}
    blob.patch(if_metageneration_match=1)
    blob.metadata = {"b": None}
    blob.patch()
    assert (blob.metadata, blob.metageneration) == ({"a": "1"}, 3)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.patch(if_metageneration_match=1)


def test_exactly_one_of_several_writers_succeeds(bucket: storage.Bucket) -> None:
    won, lost = [], []

    def write(number: int) -> None:
        try:
            bucket.blob("lock").upload_from_string(str(number), if_generation_match=0)
            won.append(str(number))
        except exceptions.PreconditionFailed:
            lost.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert bucket.blob("lock").download_as_text() == won[0]


def test_list_by_prefix_and_delimiter_in_pages(bucket: storage.Bucket, client: storage.Client) -> None:
    names = ["a.txt", "dir/1", "dir/2", "dir/sub/3", "dir/sub/4", "z"]
    for name in reversed(names):
        bucket.blob(name).upload_from_string("x")
    assert [blob.name for blob in client.list_blobs(bucket, page_size=2)] == names
    listed = client.list_blobs(bucket, prefix="dir/", delimiter="/", page_size=1)
    assert [blob.name for blob in listed] == ["dir/1", "dir/2"]
    assert listed.prefixes == {"dir/sub/"}
    assert [blob.name for blob in client.list_blobs(bucket, start_offset="dir/2", end_offset="z")] == names[2:5]
    assert [blob.name for blob in client.list_blobs(bucket, match_glob="dir/*")] == ["dir/1", "dir/2"]
    assert [blob.name for blob in client.list_blobs(bucket, max_results=1)] == ["a.txt"]


def test_batch_deletes_several_objects(bucket: storage.Bucket, client: storage.Client) -> None:
    blobs = [bucket.blob(f"part-{number}") for number in range(10)]
    for blob in blobs:
        blob.upload_from_string("x")
    with client.batch():
        for blob in blobs[:9]:
            blob.delete()
    assert [blob.name for blob in client.list_blobs(bucket)] == ["part-9"]


def test_calls_in_a_batch_count_for_faults_and_requests(
    bucket: storage.Bucket, client: storage.Client, localgcp: LocalCloud
) -> None:
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string("x")
    fault_id = localgcp.add_fault("storage.objects.delete", "error", status=429)
    before = len(localgcp.requests("storage.objects.delete"))

    def delete_both() -> None:
        with client.batch():
            bucket.blob("a").delete()
            bucket.blob("b").delete()

    with pytest.raises(exceptions.TooManyRequests):
        delete_both()
    assert localgcp.fault_is_consumed(fault_id)
    assert [call["status"] for call in localgcp.requests("storage.objects.delete")[before:]] == [429, 204]
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]


def test_rewrite_copy_rename_and_compose(bucket: storage.Bucket, client: storage.Client) -> None:
    first = bucket.blob("first")
    first.metadata = {"k": "v"}
    first.upload_from_string("1", content_type="text/csv")
    other = client.create_bucket(f"{bucket.name}-other")
    copy = bucket.copy_blob(first, other, "copy")
    assert (copy.download_as_bytes(), copy.content_type, copy.metadata) == (b"1", "text/csv", {"k": "v"})
    _token, done, total = bucket.blob("second").rewrite(first)
    assert (done, total) == (1, 1)
    renamed = bucket.rename_blob(bucket.blob("second"), "third")
    assert not bucket.blob("second").exists()
    composed = bucket.blob("composed")
    composed.compose([first, renamed, first], if_generation_match=0)
    assert composed.download_as_bytes() == b"111"
    assert (composed.component_count, composed.md5_hash) == (3, None)


def test_objects_and_open_uploads_survive_a_killed_server(fresh_localgcp: LocalCloud) -> None:
    client = storage.Client()
    bucket = client.create_bucket("survivor")
    bucket.blob("kept").upload_from_string("x")
    writer = bucket.blob("open", chunk_size=_CHUNK).open("wb", ignore_flush=True)
    writer.write(b"y" * (_CHUNK + 5))
    fresh_localgcp.restart(kill=True)
    assert [blob.name for blob in client.list_blobs(bucket)] == ["kept"]
    assert bucket.blob("kept").download_as_bytes() == b"x"
    writer.close()
    assert bucket.blob("open").download_as_bytes() == b"y" * (_CHUNK + 5)


def test_arrow_and_the_client_read_each_others_objects(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    data = bytes(range(256)) * 70_000  # more than one chunk of google-cloud-cpp
    with arrow.open_output_stream(f"{bucket.name}/a/data", metadata={"Content-Type": "x/y"}) as stream:
        stream.write(data)
    blob = bucket.get_blob("a/data")
    assert blob is not None
    assert (blob.download_as_bytes() == data, blob.content_type) == (True, "x/y")
    with arrow.open_input_stream(f"{bucket.name}/a/data") as stream:
        assert stream.read() == data


def test_arrow_reads_at_a_position(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    bucket.blob("digits").upload_from_string(b"0123456789")
    with arrow.open_input_file(f"{bucket.name}/digits") as file:
        assert file.size() == 10
        assert file.read_at(3, 4) == b"456"
        file.seek(8)
        assert file.read() == b"89"


def test_arrow_reads_an_empty_object(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    with arrow.open_output_stream(f"{bucket.name}/empty"):
        pass
    assert arrow.get_file_info(f"{bucket.name}/empty").size == 0
    assert arrow.open_input_stream(f"{bucket.name}/empty").read() == b""


def test_arrow_distinguishes_files_folders_and_missing_paths(
    bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem
) -> None:
    bucket.blob("dir/1").upload_from_string("x")
    bucket.blob("dir/sub/2").upload_from_string("xx")
    kinds = [info.type for info in arrow.get_file_info([f"{bucket.name}/{name}" for name in ("dir/1", "dir", "none")])]
    assert kinds == [pyarrow.fs.FileType.File, pyarrow.fs.FileType.Directory, pyarrow.fs.FileType.NotFound]
    found = arrow.get_file_info(pyarrow.fs.FileSelector(f"{bucket.name}/dir", recursive=True))
    assert {info.path: info.size for info in found} == {f"{bucket.name}/dir/1": 1, f"{bucket.name}/dir/sub/2": 2}
    with pytest.raises(FileNotFoundError):
        arrow.open_input_stream(f"{bucket.name}/none").read()


def test_arrow_makes_moves_copies_and_deletes(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    arrow.create_dir(f"{bucket.name}/made/sub", recursive=True)
    assert arrow.get_file_info(f"{bucket.name}/made/sub").type == pyarrow.fs.FileType.Directory
    bucket.blob("made/a").upload_from_string("x")
    arrow.copy_file(f"{bucket.name}/made/a", f"{bucket.name}/made/b")
    arrow.move(f"{bucket.name}/made/b", f"{bucket.name}/made/c")
    arrow.delete_file(f"{bucket.name}/made/a")
    assert bucket.blob("made/c").download_as_bytes() == b"x"
    arrow.delete_dir(f"{bucket.name}/made")
    assert list(bucket.list_blobs()) == []


def test_parquet_is_written_and_read(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    table = pa.table({"n": list(range(50_000)), "s": ["x"] * 50_000})
    pq.write_table(table, f"{bucket.name}/t/0.parquet", filesystem=arrow)
    pq.write_table(table, f"{bucket.name}/t/1.parquet", filesystem=arrow)
    assert pq.read_table(f"{bucket.name}/t", filesystem=arrow).num_rows == 100_000
    assert pq.read_table(f"{bucket.name}/t/0.parquet", filesystem=arrow, columns=["n"]).column_names == ["n"]
