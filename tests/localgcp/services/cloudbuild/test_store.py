"""Builds after a restart of the server."""

import time
from pathlib import Path

import pytest

from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.processes.images.store import ImageStore
from localgcp.services.cloudbuild.store import BuildStore
from localgcp.services.storage.store import StorageStore

_PARENT = "projects/p/locations/global"


@pytest.mark.parametrize("status", ["QUEUED", "WORKING"])
def test_stored_build_without_a_source_fails_with_the_reason(tmp_path: Path, status: str) -> None:
    state = State(tmp_path / "state")
    operations = Operations(state)
    operations.create(_PARENT, {"@type": "type.googleapis.com/example"}, operation_id="b")
    build = {"id": "b", "projectId": "p", "createTime": "t", "name": f"{_PARENT}/builds/b", "status": status}
    state.collection("cloudbuild.builds").put("b", build)
    settings = Settings(state_dir=state.root, cache_dir=tmp_path / "cache")
    context = Context(settings=settings, state=state, operations=operations)
    store = BuildStore(context, StorageStore(context), ImageStore(context))
    store.start()
    deadline = time.monotonic() + 30
    while store.get("b")["status"] != "FAILURE" and time.monotonic() < deadline:
        time.sleep(0.01)
    store.stop()
    assert "The stored build cannot be read: " in store.get("b")["statusDetail"]
    assert operations.get(f"{_PARENT}/operations/b")["done"]
    state.close()
