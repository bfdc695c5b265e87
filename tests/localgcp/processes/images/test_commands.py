"""Where uv is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localgcp.processes.images import commands
from localgcp.processes.images.commands import UvMissing, find_uv


def _executable(folder: Path) -> Path:
    folder.mkdir(parents=True)
    path = folder / "uv"
    path.touch(mode=0o755)
    return path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every place that is searched for uv below an empty folder."""
    monkeypatch.delenv("LOCALGCP_UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setattr(commands, "_CHECKOUT_TOOLS", tmp_path / "tools")
    return tmp_path


def test_variable_comes_first(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _executable(places / "venv")
    monkeypatch.setenv("LOCALGCP_UV", "/elsewhere/uv")
    assert find_uv() == "/elsewhere/uv"


def test_order_is_this_python_then_path_then_the_tools_of_the_checkout(places: Path) -> None:
    for folder in ("tools", "path", "venv"):
        uv = _executable(places / folder)
        assert find_uv() == str(uv)


def test_message_for_missing_uv_gives_a_remedy(places: Path) -> None:
    with pytest.raises(UvMissing, match="LOCALGCP_UV"):
        find_uv()


def test_checkout_finds_its_uv_from_any_folder_without_any_variable(tmp_path: Path) -> None:
    if not (commands._CHECKOUT_TOOLS / "uv").exists():
        pytest.skip("uv was not set up by this checkout")
    code = "from localgcp.processes.images.commands import find_uv; print(find_uv())"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={}, capture_output=True, text=True)
    assert os.access(found.stdout.strip(), os.X_OK), found.stderr
