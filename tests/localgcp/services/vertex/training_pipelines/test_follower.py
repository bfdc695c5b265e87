"""How pipelines follow their jobs."""

from pathlib import Path
from typing import Any

from localgcp.core.state.state import State
from localgcp.core.state.states import PipelineState
from localgcp.services.vertex.training_pipelines.follower import Follower
from localgcp.services.vertex.training_pipelines.records import PipelineRecords


class FullDisk(PipelineRecords):
    """Cannot write one of the pipelines."""

    def move(self, name: str, state: PipelineState, **changes: Any) -> None:
        if name == "full":
            raise OSError("No space left on device")
        super().move(name, state, **changes)


def test_pipeline_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    state = State(tmp_path)
    records = FullDisk(state)
    follower = Follower(records, models=None, job=lambda _name: {"state": "JOB_STATE_FAILED"})  # type: ignore[arg-type]
    follower.start()
    for name in ("full", "other"):
        records.add(
            {
                "name": name,
                "state": "PIPELINE_STATE_PENDING",
                "createTime": "2026-01-01T00:00:00Z",
                "trainingTaskMetadata": {"backingJob": name},
            }
        )
        follower.notify(name)
    follower.stop()  # it handles all notifications first
    assert records.job("other")["state"] == "PIPELINE_STATE_FAILED"
    state.close()
