"""Batch prediction jobs as resources."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.control.holds import Holds
from localgcp.core.control.status import JobStatus
from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.processes.jobs.collection import JobCollection
from localgcp.processes.jobs.context import JobContext
from localgcp.processes.jobs.records import Job, JobRecords
from localgcp.processes.jobs.runner import JobRunner
from localgcp.services.vertex.batch_predictions.run import BatchPredictionWork, Data
from localgcp.services.vertex.batch_predictions.validation import check_batch_job
from localgcp.services.vertex.endpoints.serving import Serving
from localgcp.services.vertex.models.store import ModelStore

COLLECTION = "batchPredictionJobs"
MESSAGE = "BatchPredictionJob"

_OUTPUT_ONLY = frozenset(
    {
        "name", "state", "createTime", "startTime", "endTime", "updateTime", "error", "outputInfo", "partialFailures",
        "resourcesConsumed", "completionStats", "modelVersionId", "satisfiesPzs", "satisfiesPzi",
    }
)  # fmt: skip
_FILTER_FIELDS = ("displayName", "modelDisplayName", "state", "createTime", "labels")


class BatchPredictionStore:
    """The batch prediction jobs of all projects and locations.

    Attributes:
        runner: runs, cancels and holds the jobs.
        jobs: the jobs as the API shows them.
    """

    def __init__(self, context: Context, models: ModelStore, serving: Serving, data: Data, holds: Holds) -> None:
        self.operations = context.operations
        self._models = models
        records = JobRecords(context.state, "batchprediction.jobs", {COLLECTION: MESSAGE}, holds)
        running = JobContext(records=records, launcher=serving.launcher, folder=context.state.folder("vertex"))
        self.runner = JobRunner(running, BatchPredictionWork(running, models, serving.fleet, data), holds)
        self.jobs = JobCollection(name=COLLECTION, message=MESSAGE, records=records, filter_fields=_FILTER_FIELDS)

    def start(self) -> None:
        """Run again the jobs that an earlier server left unfinished."""
        self.runner.start()

    def stop(self) -> None:
        """End the model servers of all jobs; the jobs keep their states."""
        self.runner.stop(kills=False)

    def create(self, parent: str, raw: Mapping[str, Any]) -> Job:
        """Store a job and run it; return it as it is stored.

        Raises:
            ApiError: 400 for a job that Vertex AI would refuse, 404 for the model.
        """
        asked = {name: value for name, value in messages.parse(MESSAGE, raw).items() if name not in _OUTPUT_ONLY}
        check_batch_job(asked)
        model = self._models.resolve(asked["model"])
        if not model["name"].startswith(f"{parent}/"):
            raise invalid_argument(f"model: {asked['model']} is not in {parent}, where the job is.")
        version = {"model": model["name"].partition("@")[0], "modelVersionId": model["versionId"]}
        return self.runner.create(f"{parent}/{COLLECTION}/{uuid4().int >> 66}", asked | version)

    def status(self) -> list[dict[str, Any]]:
        """Return every job as `localgcp.core.control.status` shows it."""
        return [
            JobStatus(
                name=job["name"],
                kind="batchPredictionJob",
                state=job["state"],
                display_name=job["displayName"],
                labels=job.get("labels", {}),
                create_time=job["createTime"],
                end_time=job.get("endTime", ""),
                error=job.get("error", {}).get("message", ""),
            ).to_json()
            for job in self.jobs.records.jobs()
        ]
