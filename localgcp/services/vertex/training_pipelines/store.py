"""Training pipelines as resources: created, read, listed, cancelled, deleted."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, already_exists
from localgcp.core.conventions.listing import newest_first
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.core.state.states import PIPELINE_ENDS, PipelineState
from localgcp.services.vertex.jobs.store import VertexStore, new_name
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.operations import deleted, not_ended
from localgcp.services.vertex.training_pipelines.follower import Follower
from localgcp.services.vertex.training_pipelines.records import Pipeline, Records, job_name
from localgcp.services.vertex.training_pipelines.tasks import job_of, task_of
from localgcp.services.vertex.training_pipelines.validation import check_model, check_pipeline

COLLECTION = "trainingPipelines"

_OUTPUT_ONLY = frozenset(
    {"name", "trainingTaskMetadata", "state", "error", "createTime", "startTime", "endTime", "updateTime"}
)
_FILTER_FIELDS = ("displayName", "state", "createTime", "labels", "trainingTaskDefinition")


class PipelineStore:
    """The training pipelines of all projects and locations."""

    def __init__(self, context: Context, vertex: VertexStore, models: ModelStore) -> None:
        self._operations = context.operations
        self._vertex = vertex
        self._models = models
        self._records = Records(context.state)
        self._follower = Follower(self._records, models, vertex.get)
        vertex.follow(self._hear)

    def start(self) -> None:
        """Take up the pipelines that an earlier server left."""
        self._follower.start()
        for pipeline in self._records.pipelines():
            if PipelineState(pipeline["state"]) not in PIPELINE_ENDS:
                self._follower.hear(pipeline["name"])

    def stop(self) -> None:
        """Let the pipelines be; they go on with the next server."""
        self._follower.stop()

    def create(self, parent: str, raw: Mapping[str, Any]) -> Pipeline:
        """Store a pipeline with its job, and let that run; return the pipeline.

        Raises:
            ApiError: 400 for a pipeline that Vertex AI would refuse, 404 for the parent model, 409 for a taken id of
                the model, 501 for what localgcp does not do.
        """
        parsed = messages.parse("TrainingPipeline", raw)
        asked = {field: value for field, value in parsed.items() if field not in _OUTPUT_ONLY}
        # As they were sent: the message would make floats of all numbers.
        asked["trainingTaskInputs"] = raw.get("trainingTaskInputs", raw.get("training_task_inputs"))
        check_pipeline(asked)
        task, job, created = task_of(asked), job_of(asked), CLOCK.text()
        check_model(asked, job)
        self._check_registry(parent, asked)
        job_at = new_name(task.kind, parent)
        pipeline = {
            "name": f"{parent}/{COLLECTION}/{uuid4().int >> 66}", **asked,
            "trainingTaskMetadata": {task.metadata: job_at}, "state": PipelineState.PENDING.value,
            "createTime": created, "updateTime": created,
        }  # fmt: skip
        with self._records.lock:  # both are stored or neither, whenever the server is killed
            self._records.add(pipeline)
            self._vertex.admit(job_at, job)
        return pipeline

    def get(self, name: str) -> Pipeline:
        """Return a pipeline.

        Raises:
            ApiError: 404.
        """
        return self._records.pipeline(name)

    def list_pipelines(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of pipelines, newest first.

        Args:
            query: `filter`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter or a token that is not well formed.
        """
        items = self._records.pipelines(f"{parent}/{COLLECTION}/")
        return newest_first(COLLECTION, items, query, fields=_FILTER_FIELDS)

    def cancel(self, name: str) -> None:
        """Ask for the end of a pipeline; one that has ended stays as it is.

        Raises:
            ApiError: 404.
        """
        self._records.move(name, PipelineState.CANCELLING)
        pipeline = self._records.pipeline(name)
        if pipeline["state"] == PipelineState.CANCELLING:
            self._vertex.cancel(job_name(pipeline))
            self._follower.hear(name)

    def delete(self, name: str) -> Operation:
        """Remove a pipeline that has ended, and return the operation, which is done; its job and model stay.

        Raises:
            ApiError: 404; 400 for a pipeline that has not ended.
        """
        state = PipelineState(self._records.pipeline(name)["state"])
        if state not in PIPELINE_ENDS:
            raise not_ended("pipeline", name, state)
        self._records.remove(name)
        return deleted(self._operations, name)

    def _hear(self, job: str) -> None:
        pipeline = self._records.of_job(job)
        if pipeline is not None:
            self._follower.hear(pipeline)

    def _check_registry(self, parent: str, asked: Pipeline) -> None:
        """Refuse now what the upload of the model would be refused for."""
        if asked.get("parentModel"):
            self._models.get(asked["parentModel"])
        elif asked.get("modelId"):
            name = f"{parent}/models/{asked['modelId']}"
            try:
                self._models.get(name)
            except ApiError:
                return
            raise already_exists(f"model_id: the Model {name} already exists. Take another id, or set parent_model.")
