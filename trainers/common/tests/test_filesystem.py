"""Rules of finding, reading and writing files."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from trainer_common import filesystem
from trainer_common.failures import UserError
from trainer_common.filesystem import list_shards, read_bytes, write_bytes


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for name in (
        "train/b.parquet",
        "train/a.parquet",
        "train/_SUCCESS",
        "train/.c.parquet",
        "test/a.csv",
        "test/n.txt",
    ):
        write_bytes(str(tmp_path / name), b"")
    return tmp_path


def test_a_folder_gives_its_own_shards_sorted_and_no_markers(export: Path) -> None:
    assert list_shards(f"{export}/train/") == [f"{export}/train/a.parquet", f"{export}/train/b.parquet"]


def test_a_folder_of_folders_is_not_searched_so_that_splits_never_mix(export: Path) -> None:
    with pytest.raises(UserError, match="no shards"):
        list_shards(str(export))


def test_a_wildcard_does_not_cross_a_slash(export: Path) -> None:
    assert list_shards(f"{export}/*/a.*") == [f"{export}/test/a.csv", f"{export}/train/a.parquet"]
    with pytest.raises(UserError, match="no shards"):
        list_shards(f"{export}/*.parquet")


def test_a_relative_path_is_one_from_the_working_folder(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(export)
    assert list_shards("train/a*.parquet") == [f"{export}/train/a.parquet"]


@pytest.mark.parametrize("location", ["nowhere", "nowhere/*.parquet", "nowhere/a.parquet"])
def test_nothing_there_is_one_clear_line(tmp_path: Path, location: str) -> None:
    with pytest.raises(UserError, match=r"no shards at .*nowhere.*check the flag"):
        list_shards(f"{tmp_path}/{location}")


def test_an_unknown_scheme_is_a_user_error() -> None:
    with pytest.raises(UserError, match="expected a local path or gs://"):
        list_shards("ftp://host/file.csv")


def test_reading_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file at"):
        read_bytes(f"{tmp_path}/missing")


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    final = tmp_path / "new" / "model.ubj"
    write_bytes(str(final), b"first and longer")
    write_bytes(str(final), b"second")
    assert read_bytes(f"file://{final}") == b"second"
    assert [path.name for path in final.parent.iterdir()] == ["model.ubj"]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    final = tmp_path / "metrics.json"
    write_bytes(str(final), b"old")

    def full_disk(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:1])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_bytes(str(final), b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("metrics.json", b"old")]


class _Listing(BaseHTTPRequestHandler):
    """Answers every listing with one object, and keeps the headers it saw."""

    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        body = (
            b'{"kind": "storage#objects", "items": [{"kind": "storage#object", "id": "1", "bucket": "bucket",'
            b' "name": "run/train/a.parquet", "size": "4", "generation": "1", "updated": "2026-01-01T00:00:00Z"}]}'
        )
        found = "prefix=" in self.path
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        self.wfile.write(body if found else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def storage() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    seen: list[tuple[str, str | None]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Listing,), {"seen": seen}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("variable", ["STORAGE_EMULATOR_HOST", "CLOUD_STORAGE_EMULATOR_ENDPOINT"])
def test_a_storage_endpoint_of_the_environment_is_used_without_credentials(
    storage: tuple[str, list[tuple[str, str | None]]], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, seen = storage
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", raising=False)
    monkeypatch.setenv(variable, endpoint)
    filesystem._cloud_storage.cache_clear()
    assert list_shards("gs://bucket/run/train") == ["gs://bucket/run/train/a.parquet"]
    assert list_shards("gs://bucket/run/*/*.parquet") == ["gs://bucket/run/train/a.parquet"]
    assert seen and all(authorization is None for _, authorization in seen)
