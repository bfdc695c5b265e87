"""Decompression of gzip objects for clients that do not accept gzip."""

import gzip
from pathlib import Path

import pytest

from localgcp.services.storage.downloads.transcoding import decompressed, needs_decompression
from localgcp.services.storage.objects.resources import StoredObject


def _stored(**settings: str) -> StoredObject:
    return StoredObject(
        bucket="b", name="a", generation=1, content_id="c", size_bytes=0, crc32c="", md5="", created="", updated="",
        settings={"contentEncoding": "gzip", **settings},
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "content"
    found.write_bytes(gzip.compress(b"text"))
    return found


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("", True), ("identity", True), ("gzip;q=0, br", True), ("gzip", False), ("deflate, GZIP;q=0.5", False)],
)
def test_client_that_accepts_gzip_gets_gzip(path: Path, accepted: str, expected: bool) -> None:
    assert needs_decompression(_stored(), path, accepted) is expected


def test_other_encodings_and_no_transform_are_not_decompressed(path: Path) -> None:
    assert not needs_decompression(_stored(cacheControl="public, no-transform"), path, "")
    assert not needs_decompression(_stored(contentEncoding="br"), path, "")
    path.write_bytes(b"plain")
    assert not needs_decompression(_stored(), path, "")


def test_all_members_are_decompressed_in_pieces(path: Path) -> None:
    path.write_bytes(gzip.compress(b"a" * 3_000_000) + gzip.compress(b"") + gzip.compress(b"b"))
    found = list(decompressed(path))
    assert b"".join(found) == b"a" * 3_000_000 + b"b"
    assert b"" not in found
