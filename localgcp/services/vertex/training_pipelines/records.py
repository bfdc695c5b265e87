"""Training pipelines on disk, and the state that each takes from its job."""

from collections.abc import Mapping
from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import PIPELINE_ENDS, JobState, PipelineState
from localgcp.processes.jobs.records import StoredJobs

COLLECTION = "trainingPipelines"
MESSAGE = "TrainingPipeline"
Pipeline = dict[str, Any]

# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/PipelineState
# A pipeline whose job has succeeded is RUNNING while its model is uploaded.
OF_JOB: Mapping[JobState, PipelineState] = {
    JobState.QUEUED: PipelineState.PENDING,
    JobState.PENDING: PipelineState.PENDING,
    JobState.PAUSED: PipelineState.PAUSED,
    JobState.CANCELLING: PipelineState.CANCELLING,
    JobState.CANCELLED: PipelineState.CANCELLED,
    JobState.FAILED: PipelineState.FAILED,
    JobState.EXPIRED: PipelineState.FAILED,
}


class PipelineRecords(StoredJobs):
    """The stored pipelines under their resource names."""

    def __init__(self, state: State) -> None:
        super().__init__(state, "vertex.trainingPipelines", {COLLECTION: MESSAGE})
        self._of_job = {job_name(pipeline): pipeline["name"] for pipeline in self.jobs()}

    def check(self, job: Pipeline) -> None:
        """See `StoredJobs.check`."""
        super().check(job)
        PipelineState(job["state"])
        job_name(job)

    def has_ended(self, name: str) -> bool:
        """Return whether a pipeline is in a state that no other state follows.

        Raises:
            ApiError: 404.
        """
        return PipelineState(self.job(name)["state"]) in PIPELINE_ENDS

    def of_job(self, job: str) -> str | None:
        """Return the name of the pipeline that a job was created for, or None."""
        return self._of_job.get(job)

    def add(self, job: Pipeline) -> None:
        """Store a new pipeline."""
        with self.lock:
            super().add(job)
            self._of_job[job_name(job)] = job["name"]

    def remove(self, name: str) -> None:
        """Delete a pipeline."""
        with self.lock:
            self._of_job.pop(job_name(self.job(name)), None)
            super().remove(name)

    def move(self, name: str, state: PipelineState, **changes: Any) -> None:
        """Move a pipeline to a state, unless it has ended; a pipeline that is CANCELLING can only become CANCELLED.

        Args:
            changes: other fields of the pipeline; empty values change nothing.
        """
        with self.lock:
            pipeline = self.job(name)
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
                self.put(moved)


def job_name(pipeline: Mapping[str, Any]) -> str:
    """Return the name of a pipeline's job."""
    return str(next(iter(pipeline["trainingTaskMetadata"].values())))
