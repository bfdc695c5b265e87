"""Environments: made once, complete or not there."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localgcp.processes.images.commands import Cancelled, CommandFailed, run_logged
from localgcp.processes.images.environments import EnvironmentCache, EnvironmentSpec, hash_files

BARE = EnvironmentSpec(python="3.11")


@pytest.fixture
def cache(tmp_path: Path) -> EnvironmentCache:
    return EnvironmentCache(tmp_path / "cache")


def test_environment_runs_its_own_python(cache: EnvironmentCache, tmp_path: Path) -> None:
    python = cache.make(BARE, tmp_path / "log", threading.Event())
    shown = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert Path(shown.stdout.strip()) == python.parent.parent


def test_two_processes_create_an_environment_once(cache: EnvironmentCache, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        makers = [pool.submit(cache.make, BARE, tmp_path / f"log{n}", threading.Event()) for n in range(3)]
    assert len({maker.result() for maker in makers}) == 1
    assert sum((tmp_path / f"log{n}").exists() for n in range(3)) == 1


def test_failed_environment_leaves_no_files(cache: EnvironmentCache, tmp_path: Path) -> None:
    spec = EnvironmentSpec(python="3.11", files=(str(tmp_path / "nowhere"),), content="x")
    with pytest.raises(CommandFailed, match="nowhere"):
        cache.make(spec, tmp_path / "log", threading.Event())
    assert not cache.has(spec.key)
    assert not list((tmp_path / "cache" / "environments").glob("*.partial"))


def test_module_that_cannot_be_preloaded_fails(cache: EnvironmentCache, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no_such_module"):
        cache.make(EnvironmentSpec(python="3.11", preload=("no_such_module",)), tmp_path / "log", threading.Event())


def test_key_depends_on_the_content_and_not_on_the_folder() -> None:
    one = EnvironmentSpec(python="3.11", files=("/a",), content="same")
    assert one.key == EnvironmentSpec(python="3.11", files=("/b",), content="same").key
    assert one.key != EnvironmentSpec(python="3.11", files=("/a",), content="other").key
    assert one.key != EnvironmentSpec(python="3.12", files=("/a",), content="same").key


def test_hash_sees_names_and_contents(tmp_path: Path) -> None:
    def write(name: str, text: str) -> tuple[str, int]:
        folder = tmp_path / f"{name}-{text}"
        folder.mkdir()
        (folder / name).write_text(text)
        return hash_files(folder, [folder / name])

    assert len({write("a", "x")[0], write("b", "x")[0], write("a", "y")[0]}) == 3
    assert write("c", "four")[1] == 4


def test_cancelled_command_is_killed_with_its_children(tmp_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        run_logged(["sh", "-c", "sleep 600 & wait"], tmp_path / "log", cancelled)
