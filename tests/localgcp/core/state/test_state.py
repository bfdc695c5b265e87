"""What survives a restart."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from localgcp.core.state.folder import StateInUse
from localgcp.core.state.state import State


def test_collection_survives_a_restart_in_order_of_insertion(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    for name in ("b", "a", "c"):
        jobs.put(name, {"name": name})
    jobs.put("b", {"name": "b", "state": "changed"})
    jobs.delete("a")
    state.close()
    reopened = State(tmp_path)
    assert reopened.collection("jobs").values() == [{"name": "b", "state": "changed"}, {"name": "c"}]
    reopened.close()


def test_write_is_on_disk_before_put_returns(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.collection("jobs").put("a", {"n": 1})
    assert state.load("jobs") == {"a": {"n": 1}}
    state.close()


def test_kinds_do_not_share_names(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.collection("jobs").put("a", {"kind": "job"})
    assert state.collection("models").get("a") is None
    state.close()


def test_values_and_names_take_a_prefix(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    jobs.put("p/1", {"n": 1})
    jobs.put("q/1", {"n": 2})
    assert jobs.names("p/") == ["p/1"]
    assert jobs.values("q/") == [{"n": 2}]
    state.close()


def test_deleting_a_missing_resource_returns_none(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.collection("jobs").delete("a") is None
    state.close()


def test_second_server_is_refused_with_the_folder_in_the_message(tmp_path: Path) -> None:
    state = State(tmp_path)
    with pytest.raises(StateInUse, match=str(tmp_path)):
        State(tmp_path)
    state.close()
    State(tmp_path).close()


def _with_a_file(root: Path) -> State:
    state = State(root)
    state.collection("jobs").put("a", {"n": 1})
    (state.folder("logs") / "a.log").write_text("text")
    return state


def test_emptied_state_has_neither_resources_nor_files_and_stays_held(tmp_path: Path) -> None:
    empty = _with_a_file(tmp_path).emptied()
    assert len(empty.collection("jobs")) == 0
    assert not (tmp_path / "logs").exists()
    with pytest.raises(StateInUse):
        State(tmp_path)
    empty.close()


def test_files_of_others_stay_after_a_reset(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("text")
    _with_a_file(tmp_path).emptied().close()
    assert (tmp_path / "mine.txt").exists()


def test_next_server_finishes_an_interrupted_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = _with_a_file(tmp_path)
    with monkeypatch.context() as patch:
        # It dies when the folder is gone and the database is not.
        patch.setattr(Path, "unlink", _die)
        with pytest.raises(KeyboardInterrupt):
            state.emptied()
    os.close(state._lock_file)
    assert (tmp_path / "resources.sqlite").exists()
    found = State(tmp_path)
    assert len(found.collection("jobs")) == 0
    found.close()


def _die(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


def _written(root: Path) -> list[str]:
    """Return the names that another process would find."""
    with closing(sqlite3.connect(root / "resources.sqlite")) as database:
        return [row[0] for row in database.execute("SELECT name FROM resource ORDER BY position")]


def test_writes_of_one_holder_of_the_lock_are_committed_together(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    with state.lock:
        jobs.put("a", {})
        with state.lock:
            jobs.put("b", {})
        assert _written(tmp_path) == []
    assert _written(tmp_path) == ["a", "b"]
    state.close()


def test_changes_before_an_exception_are_committed(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")

    def change() -> None:
        with state.lock:
            jobs.put("a", {})
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        change()
    assert _written(tmp_path) == ["a"]
    state.close()


def test_writes_succeed_after_a_full_disk(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    state._database.execute("PRAGMA max_page_count=10")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        jobs.put("large", {"text": "x" * 100_000})
    state._database.execute("PRAGMA max_page_count=1000")
    jobs.put("a", {})
    assert _written(tmp_path) == jobs.names() == ["a"]
    state.close()


def test_action_afterwards_waits_for_the_commit(tmp_path: Path) -> None:
    state = State(tmp_path)
    seen: list[list[str]] = []
    with state.lock:
        state.collection("jobs").put("a", {})
        state.lock.afterwards(lambda: seen.append(_written(tmp_path)))
        assert seen == []
    assert seen == [["a"]]
    state.lock.afterwards(lambda: seen.append([]))
    assert seen == [["a"], []]
    state.close()


def test_record_that_its_parser_refuses_costs_that_record_and_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    jobs.put("good", {"rank": "1"})
    jobs.put("bad", {"rank": "first"})
    jobs.put("empty", {})
    assert jobs.records(lambda raw: int(raw["rank"])) == {"good": 1}
    assert jobs.names() == ["good"]
    assert "the record bad of jobs cannot be read and is left out (ValueError" in caplog.text
    assert "the record empty of jobs" in caplog.text
    state.close()


def test_record_that_was_left_out_is_there_for_the_next_server(tmp_path: Path) -> None:
    state = State(tmp_path)
    jobs = state.collection("jobs")
    jobs.put("bad", {"rank": "first"})
    assert jobs.records(lambda raw: int(raw["rank"])) == {}
    state.close()
    reopened = State(tmp_path)
    assert reopened.collection("jobs").names() == ["bad"]
    reopened.close()


@pytest.mark.parametrize("body", ["{", "[1]", "null"])
def test_stored_text_other_than_a_json_object_costs_that_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    state = State(tmp_path)
    state.collection("jobs").put("good", {"n": 1})
    state.close()
    with closing(sqlite3.connect(tmp_path / "resources.sqlite")) as database:
        database.execute("INSERT INTO resource (kind, name, body) VALUES ('jobs', 'bad', ?)", (body,))
        database.commit()
    reopened = State(tmp_path)
    assert reopened.collection("jobs").names() == ["good"]
    assert "the record bad of jobs cannot be read" in caplog.text
    reopened.close()
