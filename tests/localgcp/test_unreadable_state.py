"""A stored record that cannot be read costs that record: it is named in the log, and the server starts."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from localgcp.core.http.settings import Settings
from localgcp.core.state.state import State
from localgcp.server.wiring import wire

PARENT = "projects/p/locations/l"


def _store(folder: Path, kind: str, name: str, body: str) -> None:
    with closing(sqlite3.connect(folder / "resources.sqlite")) as database:
        database.execute("INSERT INTO resource (kind, name, body) VALUES (?, ?, ?)", (kind, name, body))
        database.commit()


class RecordingState(State):
    """Notes every collection that the services read."""

    kinds: ClassVar[set[str]] = set()

    def load(self, kind: str) -> dict[str, dict[str, object]]:
        self.kinds.add(kind)
        return super().load(kind)


def _serve(state: State, *, starts: bool = True) -> None:
    """Build the services on a state, start them, and stop them."""
    wiring = wire(Settings(state_dir=state.root, cache_dir=state.root / "cache"), state, [])
    for service in wiring.served.services if starts else ():
        service.start()
    for service in reversed(wiring.served.services):
        service.stop()
    state.close()


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "{", '{"name": 7, "state": "NONE", "schema": {"fields": [{}]}}'],
    ids=["empty", "list", "cut", "wrong"],
)
def test_unreadable_record_of_any_collection_does_not_keep_the_server_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    _serve(RecordingState(tmp_path / "empty"), starts=False)
    assert len(RecordingState.kinds) > 20
    folder = tmp_path / "unreadable"
    State(folder).close()
    for kind in RecordingState.kinds:
        _store(folder, kind, "unreadable", body)
    _serve(State(folder))
    assert "the record unreadable of vertex.jobs cannot be read" in caplog.text


def test_model_without_its_default_version_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    State(tmp_path).close()
    name = f"{PARENT}/models/1"
    model = {
        "name": name, "display_name": "m", "create_time": "t", "update_time": "t", "aliases": {"default": "1"},
        "last_version": 1,
    }  # fmt: skip
    _store(tmp_path, "models.models", name, json.dumps(model))
    _store(tmp_path, "models.versions", f"{name}@1", json.dumps({"versionId": "1"}))
    _serve(State(tmp_path), starts=False)
    assert f"the record {name}@1 of models.versions" in caplog.text
    assert f"the record {name} of models.models" in caplog.text
