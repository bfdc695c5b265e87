"""What survives a restart."""

from pathlib import Path

import pytest

from localgcp.state import State, StateInUse


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
    assert list(state.load("jobs")) == [("a", {"n": 1})]
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


def test_deleting_what_is_not_there_returns_none(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.collection("jobs").delete("a") is None
    state.close()


def test_second_server_is_refused_with_the_folder_in_the_message(tmp_path: Path) -> None:
    state = State(tmp_path)
    with pytest.raises(StateInUse, match=str(tmp_path)):
        State(tmp_path)
    state.close()
    State(tmp_path).close()
