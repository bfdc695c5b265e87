"""Training pipelines on disk, and how they follow their jobs."""

from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import PIPELINE_ENDS, JobState, PipelineState

Pipeline = dict[str, Any]

# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/PipelineState; until it has its model, a pipeline runs on.
OF_JOB: Mapping[JobState, PipelineState] = {
    JobState.QUEUED: PipelineState.PENDING,
    JobState.PENDING: PipelineState.PENDING,
    JobState.PAUSED: PipelineState.PAUSED,
    JobState.CANCELLING: PipelineState.CANCELLING,
    JobState.CANCELLED: PipelineState.CANCELLED,
    JobState.FAILED: PipelineState.FAILED,
    JobState.EXPIRED: PipelineState.FAILED,
}


class Records:
    """The stored pipelines under their resource names."""

    def __init__(self, state: State) -> None:
        self.lock = state.lock
        self._items = state.collection("vertex.trainingPipelines")
        self._of_job = {job_name(pipeline): pipeline["name"] for pipeline in self._items.values()}

    def pipeline(self, name: str) -> Pipeline:
        """Return a pipeline.

        Raises:
            ApiError: 404.
        """
        found = self._items.get(name)
        if found is None:
            raise not_found(f"The TrainingPipeline {name} does not exist.")
        return found

    def pipelines(self, prefix: str = "") -> list[Pipeline]:
        """Return the pipelines under a parent, oldest first."""
        return self._items.values(prefix)

    def of_job(self, job: str) -> str | None:
        """Return the name of the pipeline that a job was created for, or None."""
        return self._of_job.get(job)

    def add(self, pipeline: Pipeline) -> None:
        """Store a new pipeline."""
        with self.lock:
            self._items.put(pipeline["name"], pipeline)
            self._of_job[job_name(pipeline)] = pipeline["name"]

    def remove(self, name: str) -> None:
        """Delete a pipeline."""
        with self.lock:
            if (found := self._items.delete(name)) is not None:
                self._of_job.pop(job_name(found), None)

    def move(self, name: str, state: PipelineState, **changes: Any) -> None:
        """Bring a pipeline into a state, unless it has ended; one that is being cancelled can only end as such.

        Args:
            changes: other fields; empty ones are left as they are.
        """
        with self.lock:
            pipeline = self.pipeline(name)
            current = PipelineState(pipeline["state"])
            is_cancelling = current is PipelineState.CANCELLING and state is not PipelineState.CANCELLED
            if current in PIPELINE_ENDS or is_cancelling:
                return
            time = CLOCK.text()
            moved = pipeline | {"state": state.value, "updateTime": time}
            moved |= {field: value for field, value in changes.items() if value}
            if state in PIPELINE_ENDS:
                moved["endTime"] = time
            if moved | {"updateTime": ""} != pipeline | {"updateTime": ""}:
                self._items.put(name, moved)


def job_name(pipeline: Mapping[str, Any]) -> str:
    """Return the name of a pipeline's job."""
    return str(next(iter(pipeline["trainingTaskMetadata"].values())))
