"""Jobs on the runner's event loop."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localgcp.core.http.settings import Settings
from localgcp.core.state.state import State
from localgcp.server.wiring import wire
from localgcp.services.vertex.jobs.store import VertexStore

NAME = "projects/p/locations/l/customJobs/1"
_WAIT_S = 20.0


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[VertexStore]:
    state = State(tmp_path)
    vertex = wire(Settings(state_dir=tmp_path), state, []).vertex
    vertex.start()
    yield vertex
    vertex.stop()
    state.close()


def test_job_that_is_cancelled_before_its_first_step_ends(vertex: VertexStore) -> None:
    gate = threading.Event()
    vertex.workshop.loop.call_soon_threadsafe(gate.wait)
    vertex.admit(NAME, {"displayName": "j", "jobSpec": {"workerPoolSpecs": [{"containerSpec": {"imageUri": "none"}}]}})
    vertex.cancel(NAME)
    gate.set()
    deadline = time.monotonic() + _WAIT_S
    while vertex.get(NAME)["state"] == "JOB_STATE_CANCELLING" and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert vertex.get(NAME)["state"] == "JOB_STATE_CANCELLED"
    assert vertex.get(NAME)["error"] == {"code": 1, "message": "The job was cancelled."}
