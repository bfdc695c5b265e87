"""One batch prediction job while it runs: the model's container, its rows, its results."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import RpcCode, invalid_argument
from localgcp.processes.jobs.context import JobContext, JobFailed
from localgcp.processes.jobs.records import Job
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.batches import Batches, Predicted, Stopped
from localgcp.services.vertex.batch_predictions.instances import InstanceForm
from localgcp.services.vertex.batch_predictions.outputs import Results, write_files, write_tables
from localgcp.services.vertex.batch_predictions.sources import Input, read_files, read_table
from localgcp.services.vertex.endpoints.container import Container, ServingPlace
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.model_server import ModelServer, NotServing
from localgcp.services.vertex.models.store import ModelStore

_DEFAULT_BATCH = 64  # google.cloud.aiplatform.v1.ManualBatchTuningParameters.batch_size
_MOST_FAILURES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """The services that hold the input and the output of jobs."""

    storage: StorageStore
    bigquery: BigQueryStore


class BatchPredictionWork:
    """Runs batch prediction jobs; see `JobWork`."""

    def __init__(self, context: JobContext, models: ModelStore, fleet: Fleet, data: Data) -> None:
        self._context = context
        self._models = models
        self._fleet = fleet
        self._storage = data.storage
        self._bigquery = data.bigquery

    async def run(self, job: Job) -> Mapping[str, Any]:
        """Run a job to its end, and return the fields that are known then.

        Raises:
            ApiError: the input or the output does not exist, or no row could be predicted.
            JobFailed: the model's container does not serve.
        """
        try:
            return await self._predict(job)
        except NotServing as error:
            raise JobFailed(str(error), RpcCode.FAILED_PRECONDITION) from error
        except Stopped as error:
            raise asyncio.CancelledError from error

    def end_parts(self, name: str) -> None:
        """Do nothing: a job has no parts with states of their own."""

    async def _predict(self, job: Job) -> dict[str, Any]:
        name = job["name"]
        model = self._models.resolve(f"{job['model']}@{job['modelVersionId']}")
        container = Container.from_json(model["containerSpec"], self._place(job))
        server = await self._fleet.prepare(container, f"batch-{_id(name)}")
        self._context.mark_running(name)
        key, stopped = (name, ""), threading.Event()
        try:
            await server.start()
            self._fleet.add(key, server)
            return await asyncio.to_thread(self._work, job, model["displayName"], server, stopped)
        finally:
            stopped.set()
            self._fleet.remove(key)
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

    def _place(self, job: Job) -> ServingPlace:
        machine = job["dedicatedResources"]["machineSpec"]
        return ServingPlace(
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
