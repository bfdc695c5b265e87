"""One batch prediction job while it runs: the model's container, its rows, its results."""

import asyncio
import threading
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.state.states import JobState
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.batches import Batches, Predicted
from localgcp.services.vertex.batch_predictions.instances import InstanceForm
from localgcp.services.vertex.batch_predictions.outputs import Results, write_files, write_tables
from localgcp.services.vertex.batch_predictions.records import Job, Records
from localgcp.services.vertex.batch_predictions.sources import Input, read_files, read_table
from localgcp.services.vertex.endpoints.container import Container, Place
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.model_server import ModelServer
from localgcp.services.vertex.models.store import ModelStore

_DEFAULT_BATCH = 64  # google.cloud.aiplatform.v1.ManualBatchTuningParameters.batch_size
_MOST_FAILURES = 20


class BatchRun:
    """Runs jobs. `run` is for the fleet's loop."""

    def __init__(
        self, records: Records, models: ModelStore, fleet: Fleet, storage: StorageStore, bigquery: BigQueryStore
    ) -> None:
        self._records = records
        self._models = models
        self._fleet = fleet
        self._storage = storage
        self._bigquery = bigquery

    async def run(self, name: str) -> dict[str, Any]:
        """Run a job to its end, and return what is known of it then.

        Raises:
            ApiError: the input or the output is not there, or no row could be predicted.
            NotServing: the model's container does not serve.
        """
        job = self._records.job(name)
        if job["state"] == JobState.QUEUED:
            self._records.move(name, JobState.PENDING)
        version = f"{job['model']}@{job['modelVersionId']}"
        model = self._models.resolve(version)
        key = (name, "")
        server = await self._fleet.prepare(
            Container.from_json(model["containerSpec"], self._place(job)), f"batch-{_id(name)}"
        )
        self._records.move(name, JobState.RUNNING)
        stopped = threading.Event()
        try:
            await server.start()
            self._fleet.join(key, server)
            return await asyncio.to_thread(self._work, job, model["displayName"], server, stopped)
        finally:
            stopped.set()
            self._fleet.leave(key)
            await asyncio.shield(self._fleet.end(server))

    def _work(self, job: Job, model_name: str, server: ModelServer, stopped: threading.Event) -> dict[str, Any]:
        form = InstanceForm.from_json(job.get("instanceConfig", {}), job["inputConfig"]["instancesFormat"])
        given = self._read(job, form)
        batches = Batches(
            server=server, size=job.get("manualBatchTuningParameters", {}).get("batchSize") or _DEFAULT_BATCH,
            parameters=job.get("modelParameters"), stopped=stopped,
        )  # fmt: skip
        predicted = list(batches.predict(given.rows))
        errors = [one.error for one in predicted if one.error is not None]
        if len(errors) == len(predicted):
            first = errors[0]["message"] if errors else "The input holds no instance."
            raise invalid_argument(f"No instance could be predicted ({len(errors)} failed). {first}")
        results = Results(
            input=given, form=form, predicted=predicted, model_name=model_name, create_time=job["createTime"]
        )
        return _statistics(predicted) | {"outputInfo": self._write(job, results)}

    def _read(self, job: Job, form: InstanceForm) -> Input:
        config = job["inputConfig"]
        if config["instancesFormat"] == "bigquery":
            return read_table(self._bigquery, config, form)
        return read_files(self._storage, config, form)

    def _write(self, job: Job, results: Results) -> dict[str, Any]:
        config = job["outputConfig"]
        if config["predictionsFormat"] == "bigquery":
            return write_tables(self._bigquery, config["bigqueryDestination"]["outputUri"], results)
        return write_files(self._storage, config["gcsDestination"]["outputUriPrefix"], results)

    def _place(self, job: Job) -> Place:
        machine = job["dedicatedResources"]["machineSpec"]
        return Place(
            endpoint_id=_id(job["name"]), deployed_model_id=_id(job["name"]), project=job["name"].split("/")[1],
            storage_uri=self._models.storage_uri(f"{job['model']}@{job['modelVersionId']}"),
            machine_type=machine["machineType"], accelerator_type=machine.get("acceleratorType", ""),
        )  # fmt: skip


def _statistics(predicted: list[Predicted]) -> dict[str, Any]:
    errors = [one.error for one in predicted if one.error is not None]
    different = {error["message"]: error for error in errors}
    return {
        "completionStats": {"successfulCount": str(len(predicted) - len(errors)), "failedCount": str(len(errors))},
        "partialFailures": list(different.values())[:_MOST_FAILURES],
    }


def _id(name: str) -> str:
    return name.rpartition("/")[2]
