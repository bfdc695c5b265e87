"""Equal source gives an equal tag; any change gives another."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from timberline.jobs.archive import pack
from timberline.run.errors import SettingsError


def _source(root: Path) -> Path:
    for name in ("common/pyproject.toml", "common/lib/__init__.py", "mine/Dockerfile", "mine/trainer/task.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_equal_source_gives_equal_bytes_whenever_it_was_written(tmp_path: Path) -> None:
    first, second = _source(tmp_path / "a"), _source(tmp_path / "b")
    os.utime(second / "mine" / "Dockerfile", (0, 0))
    assert pack(first, ("common", "mine")) == pack(second, ("mine", "common"))


def test_a_changed_file_gives_another_tag(tmp_path: Path) -> None:
    root = _source(tmp_path)
    before = pack(root, ("common", "mine")).digest
    (root / "common" / "lib" / "__init__.py").write_text("changed")
    assert pack(root, ("common", "mine")).digest != before


def test_a_renamed_file_gives_another_tag(tmp_path: Path) -> None:
    root = _source(tmp_path)
    before = pack(root, ("mine",)).digest
    (root / "mine" / "trainer" / "task.py").rename(root / "mine" / "trainer" / "main.py")
    assert pack(root, ("mine",)).digest != before


@pytest.mark.parametrize(
    "name", ["mine/tests/test_x.py", "mine/__pycache__/x.pyc", "mine/.venv/x.py", "mine/x.egg-info/a"]
)
def test_what_does_not_change_the_image_does_not_change_the_tag(name: str, tmp_path: Path) -> None:
    root = _source(tmp_path)
    before = pack(root, ("mine",)).digest
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text("x")
    assert pack(root, ("mine",)).digest == before


def test_the_folders_keep_their_names(tmp_path: Path) -> None:
    archive = pack(_source(tmp_path), ("common", "mine"))
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as opened:
        assert {"common/pyproject.toml", "mine/Dockerfile", "mine/trainer/task.py"} <= set(opened.getnames())


def test_a_missing_trainer_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="yours"):
        pack(_source(tmp_path), ("common", "yours"))
