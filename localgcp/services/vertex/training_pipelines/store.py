"""Training pipelines as resources."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, already_exists
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import PipelineState
from localgcp.processes.jobs.collection import JobCollection
from localgcp.services.vertex.jobs.kinds import new_name
from localgcp.services.vertex.jobs.store import TrainingJobStore
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.training_pipelines.follower import Follower
from localgcp.services.vertex.training_pipelines.records import COLLECTION, MESSAGE, Pipeline, PipelineRecords, job_name
from localgcp.services.vertex.training_pipelines.tasks import job_of, task_of
from localgcp.services.vertex.training_pipelines.validation import check_model, check_pipeline

_OUTPUT_ONLY = frozenset(
    {"name", "trainingTaskMetadata", "state", "error", "createTime", "startTime", "endTime", "updateTime"}
)
_FILTER_FIELDS = ("displayName", "state", "createTime", "labels", "trainingTaskDefinition")


class PipelineStore:
    """The training pipelines of all projects and locations.

    Attributes:
        pipelines: the pipelines as the API shows them.
    """

    def __init__(self, context: Context, training_jobs: TrainingJobStore, models: ModelStore) -> None:
        self.operations = context.operations
        self._training_jobs = training_jobs
        self._models = models
        self._records = PipelineRecords(context.state)
        self._follower = Follower(self._records, models, training_jobs.get)
        self.pipelines = JobCollection(
            name=COLLECTION, message=MESSAGE, records=self._records, filter_fields=_FILTER_FIELDS, label="pipeline"
        )
        training_jobs.notify(self._job_changed)

    def start(self) -> None:
        """Resume the pipelines that an earlier server left unfinished."""
        self._follower.start()
        for name in self._records.unfinished():
            self._follower.notify(name)

    def stop(self) -> None:
        """Stop updating the pipelines; the next server resumes them."""
        self._follower.stop()

    def create(self, parent: str, raw: Mapping[str, Any]) -> Pipeline:
        """Store a pipeline with its job, run the job, and return the pipeline.

        Raises:
            ApiError: 400 for a pipeline that Vertex AI would refuse, 404 for the parent model, 409 for a taken id of
                the model, 501 for what localgcp does not support.
        """
        parsed = messages.parse(MESSAGE, raw)
        asked = {field: value for field, value in parsed.items() if field not in _OUTPUT_ONLY}
        # As the client sent them: the message would turn all numbers into floats.
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
        with self._records.lock:  # one transaction: a kill leaves both or neither
            self._records.add(pipeline)
            self._training_jobs.runner.create(job_at, job)
        return pipeline

    def cancel(self, name: str) -> None:
        """Cancel a pipeline; a pipeline that has ended stays as it is.

        Raises:
            ApiError: 404.
        """
        self._records.move(name, PipelineState.CANCELLING)
        pipeline = self._records.job(name)
        if pipeline["state"] == PipelineState.CANCELLING:
            self._training_jobs.runner.cancel(job_name(pipeline))
            self._follower.notify(name)

    def _job_changed(self, job: str) -> None:
        pipeline = self._records.of_job(job)
        if pipeline is not None:
            self._follower.notify(pipeline)

    def _check_registry(self, parent: str, asked: Pipeline) -> None:
        """Refuse a parent model or a model id for which the upload would be refused later."""
        if asked.get("parentModel"):
            self._models.get(asked["parentModel"])
        elif asked.get("modelId"):
            name = f"{parent}/models/{asked['modelId']}"
            try:
                self._models.get(name)
            except ApiError:
                return
            raise already_exists(f"model_id: the Model {name} already exists. Take another id, or set parent_model.")
