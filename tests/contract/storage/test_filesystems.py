"""gcsfs and pyarrow with unusual names: listing, globs and reading."""

import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from gcsfs.core import GCSFileSystem  # the package itself would ask over gRPC what kind of bucket it is
from google.cloud import storage

from tests.local_cloud import LocalCloud

_NAMES = [
    "plain.csv",
    "with space.csv",
    "hash#mark.csv",
    "question?.csv",
    "per%2Fcent.csv",
    "per%cent.csv",
    "plus+and&.csv",
    "ünï çödé-日本.csv",
    "brackets[1].csv",
    "semi;colon:comma,.csv",
    "quote'\".csv",
    "back\\slash.csv",
]


@pytest.fixture
def gcs(localgcp: LocalCloud) -> GCSFileSystem:
    return GCSFileSystem(
        token="anon", project=localgcp.project, endpoint_url=localgcp.base_url, skip_instance_cache=True
    )


@pytest.fixture
def arrow(localgcp: LocalCloud) -> pyarrow.fs.GcsFileSystem:
    return pyarrow.fs.GcsFileSystem(anonymous=True)


@pytest.mark.parametrize("name", _NAMES)
def test_unusual_name_is_one_object_for_each_client(
    bucket: storage.Bucket, gcs: GCSFileSystem, arrow: pyarrow.fs.GcsFileSystem, name: str
) -> None:
    path = f"{bucket.name}/dir/{name}"
    gcs.pipe_file(path, b"n\n1\n")
    assert [blob.name for blob in bucket.list_blobs()] == [f"dir/{name}"]
    assert bucket.blob(f"dir/{name}").download_as_bytes() == b"n\n1\n"
    with arrow.open_input_stream(path) as stream:
        assert stream.read() == b"n\n1\n"
    [listed] = arrow.get_file_info(pyarrow.fs.FileSelector(f"{bucket.name}/dir"))
    assert (listed.path, gcs.ls(f"{bucket.name}/dir")) == (path, [path])
    arrow.copy_file(path, f"{path}.copy")
    assert gcs.cat_file(f"{path}.copy", start=0, end=1) == b"n"
    gcs.rm_file(path)
    assert [blob.name for blob in bucket.list_blobs()] == [f"dir/{name}.copy"]


def test_globs_match_names(bucket: storage.Bucket, gcs: GCSFileSystem) -> None:
    for name in ("a/1.csv", "a/2.csv", "a/b/3.csv", "a/with space #1.csv", "a/4.txt", "ä/5.csv"):
        bucket.blob(name).upload_from_string("x")
    root = f"{bucket.name}/"
    assert gcs.glob(f"gs://{root}a/*.csv") == [f"{root}a/{name}" for name in ("1.csv", "2.csv", "with space #1.csv")]
    assert gcs.glob(f"gs://{root}a/[12].csv") == [f"{root}a/1.csv", f"{root}a/2.csv"]
    assert gcs.glob(f"gs://{root}**/[35].csv") == [f"{root}a/b/3.csv", f"{root}ä/5.csv"]
    assert gcs.glob(f"gs://{root}a/?.txt") == [f"{root}a/4.txt"]
    assert gcs.glob(f"gs://{root}none/*") == []
    assert sorted(gcs.find(f"{root}a/b")) == [f"{root}a/b/3.csv"]


def test_object_that_ends_with_a_slash_is_a_folder(
    bucket: storage.Bucket, gcs: GCSFileSystem, arrow: pyarrow.fs.GcsFileSystem
) -> None:
    bucket.blob("dir/").upload_from_string("")
    bucket.blob("dir/a").upload_from_string("x")
    assert gcs.isdir(f"{bucket.name}/dir")
    assert f"{bucket.name}/dir/a" in gcs.ls(f"{bucket.name}/dir")
    assert arrow.get_file_info(f"{bucket.name}/dir").type == pyarrow.fs.FileType.Directory
    assert [info.path for info in arrow.get_file_info(pyarrow.fs.FileSelector(f"{bucket.name}/dir"))] == [
        f"{bucket.name}/dir/a"
    ]


def test_gcsfs_writes_large_files_in_blocks_and_reads_at_any_position(
    bucket: storage.Bucket, gcs: GCSFileSystem
) -> None:
    data = bytes(range(256)) * 4_000
    with gcs.open(f"{bucket.name}/data", "wb", block_size=256 * 1024) as file:
        for start in range(0, len(data), 100_000):
            file.write(data[start : start + 100_000])
    assert bucket.blob("data").download_as_bytes() == data
    with gcs.open(f"{bucket.name}/data", "rb", block_size=100_000) as file:
        file.seek(500_000)
        assert file.read(10) == data[500_000:500_010]
    with gcs.open(f"{bucket.name}/empty", "wb"):
        pass
    assert gcs.info(f"{bucket.name}/empty")["size"] == 0


def test_gcsfs_lists_versions(bucket: storage.Bucket, localgcp: LocalCloud) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    gcs = GCSFileSystem(
        token="anon", project=localgcp.project, endpoint_url=localgcp.base_url, version_aware=True,
        skip_instance_cache=True,
    )  # fmt: skip
    for text in (b"first", b"second"):
        gcs.pipe_file(f"{bucket.name}/a", text)
    found = gcs.ls(bucket.name, versions=True)
    assert [gcs.cat_file(path) for path in sorted(found)] == [b"first", b"second"]


def test_arrow_reads_a_data_set_with_unusual_names(bucket: storage.Bucket, arrow: pyarrow.fs.GcsFileSystem) -> None:
    table = pyarrow.table({"n": [1, 2]})
    for name in ("part=a b/0.parquet", "part=ü#?/1.parquet"):
        pq.write_table(table, f"{bucket.name}/set/{name}", filesystem=arrow)
    found = pyarrow.dataset.dataset(f"{bucket.name}/set", filesystem=arrow, partitioning="hive").to_table()
    assert sorted(set(found["part"].to_pylist())) == ["a b", "ü#?"]
    assert found.num_rows == 4
