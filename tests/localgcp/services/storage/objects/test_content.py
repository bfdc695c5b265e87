"""Content files."""

from pathlib import Path

import pytest

from localgcp.services.storage.objects import content
from localgcp.services.storage.objects.content import ContentFolder


def test_measure_equals_what_write_returns(tmp_path: Path) -> None:
    folder = ContentFolder(tmp_path)
    written = folder.write([b"a" * 3_000_000, b"", b"b"])
    assert folder.measure(folder.path(written.content_id)) == written
    assert b"".join(folder.read(written.content_id)) == b"a" * 3_000_000 + b"b"


def test_shared_content_survives_the_deletion_of_its_source(tmp_path: Path) -> None:
    folder = ContentFolder(tmp_path)
    source = folder.path(folder.write([b"x"]).content_id)
    folder.share(source, "copy")
    source.unlink()
    assert folder.path("copy").read_bytes() == b"x"


def test_content_is_shared_on_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    folder = ContentFolder(tmp_path)
    folder.share(folder.path(folder.write([b"x"]).content_id), "copy")
    assert folder.path("copy").read_bytes() == b"x"


def test_retired_content_is_deleted_after_15_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(content.time, "monotonic", lambda: clock[0])
    folder = ContentFolder(tmp_path)
    first, second = (folder.write([b"x"]).content_id for _ in range(2))
    folder.retire(first)
    clock[0] = 1.0
    folder.retire(second)
    assert folder.path(first).exists()
    clock[0] = 901.5
    folder.retire(folder.write([b"x"]).content_id)
    assert not folder.path(first).exists()
    assert not folder.path(second).exists()
