"""`localgcp reset`, in processes of its own."""

import sys
from pathlib import Path

import pytest

from localgcp.core.state.state import State
from localgcp.testing.local_cloud import LocalCloud
from tests.commands import localgcp


def buckets(cloud: LocalCloud) -> list[str]:
    return [item["name"] for item in cloud.call("GET", "/storage/v1/b?project=p").get("items", [])]


@pytest.fixture
def filled(fresh_localgcp: LocalCloud) -> LocalCloud:
    fresh_localgcp.call("POST", "/storage/v1/b?project=p", {"name": "some-bucket"})
    assert buckets(fresh_localgcp) == ["some-bucket"]
    return fresh_localgcp


def test_it_asks_the_server_that_runs(filled: LocalCloud) -> None:
    result = localgcp("reset", "--state", str(filled.state_dir))
    assert (result.returncode, result.stderr) == (0, "")
    assert buckets(filled) == []


def test_reset_empties_the_folder_of_a_stopped_server(filled: LocalCloud) -> None:
    filled.stop()
    assert localgcp("reset", "--state", str(filled.state_dir)).returncode == 0
    filled.start()
    assert buckets(filled) == []


def test_folder_that_is_held_by_a_server_that_does_not_serve_is_refused(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.collection("jobs").put("a", {})
    result = localgcp("reset", "--state", str(tmp_path))
    assert result.returncode == 2
    assert "in use by process" in result.stderr
    assert len(state.collection("jobs")) == 1
    state.close()


def test_folder_that_is_no_state_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "mine.txt").write_text("text")
    result = localgcp("reset", "--state", str(tmp_path))
    assert result.returncode == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["storage", "mine.txt"]


@pytest.mark.parametrize(("cache", "code"), [("cache", 0), ("file/cache", 1)])
def test_doctors_exit_code_tells_of_problems(
    tmp_path: Path, cache: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("text")
    monkeypatch.setenv("LOCALGCP_UV", sys.executable)
    monkeypatch.setenv("LOCALGCP_CACHE_DIR", str(tmp_path / cache))
    result = localgcp("doctor", "--state", str(tmp_path / "state"))
    assert result.returncode == code, result.stdout
    assert {line.split()[0] for line in result.stdout.splitlines()} == ({"ok"} if code == 0 else {"ok", "problem"})
