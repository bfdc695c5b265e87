"""Gzipped objects for clients that do not take gzip."""

import gzip
from pathlib import Path

import pytest

from localgcp.services.storage.downloads.transcoding import is_unpacked, unpacked
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
def test_who_takes_gzip_gets_gzip(path: Path, accepted: str, expected: bool) -> None:
    assert is_unpacked(_stored(), path, accepted) is expected


def test_what_is_not_gzip_or_must_stay_as_it_is_is_not_unpacked(path: Path) -> None:
    assert not is_unpacked(_stored(cacheControl="public, no-transform"), path, "")
    assert not is_unpacked(_stored(contentEncoding="br"), path, "")
    path.write_bytes(b"plain")
    assert not is_unpacked(_stored(), path, "")


def test_all_members_are_unpacked_piece_by_piece(path: Path) -> None:
    path.write_bytes(gzip.compress(b"a" * 3_000_000) + gzip.compress(b"") + gzip.compress(b"b"))
    found = list(unpacked(path))
    assert b"".join(found) == b"a" * 3_000_000 + b"b"
    assert b"" not in found
