"""Batch prediction jobs as resources: created, read, listed, cancelled, deleted."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.control.holds import RELEASED_AS_PENDING, Holds
from localgcp.core.control.status import JobStatus
from localgcp.core.conventions.errors import ApiError, failed_precondition, internal, invalid_argument, rpc_status
from localgcp.core.conventions.listing import newest_first
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.batches import Stopped
from localgcp.services.vertex.batch_predictions.records import Job, Records
from localgcp.services.vertex.batch_predictions.run import BatchRun
from localgcp.services.vertex.batch_predictions.validation import check_batch_job
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.model_server import NotServing
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.operations import deleted, not_ended

COLLECTION = "batchPredictionJobs"

_log = logging.getLogger(__name__)
_OUTPUT_ONLY = frozenset(
    {
        "name", "state", "createTime", "startTime", "endTime", "updateTime", "error", "outputInfo", "partialFailures",
        "resourcesConsumed", "completionStats", "modelVersionId", "satisfiesPzs", "satisfiesPzi",
    }
)  # fmt: skip
_FILTER_FIELDS = ("displayName", "modelDisplayName", "state", "createTime", "labels")
_CANCEL_S = 10.0
_POLL_S = 0.05
_CANCELLED = {"code": 1, "message": "The job was cancelled."}


class BatchStore:
    """The batch prediction jobs of all projects and locations."""

    def __init__(
        self, context: Context, models: ModelStore, fleet: Fleet, storage: StorageStore, bigquery: BigQueryStore,
        holds: Holds,
    ) -> None:  # fmt: skip
        self._operations = context.operations
        self._holds = holds
        self._records = Records(context.state, holds)
        self._models = models
        self._fleet = fleet
        self._runs = BatchRun(self._records, models, fleet, storage, bigquery)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closing = False

    def create(self, parent: str, raw: Mapping[str, Any]) -> Job:
        """Store a job and let it run; return it as it was stored.

        Raises:
            ApiError: 400 for a job that Vertex AI would refuse, 404 for the model.
        """
        asked = {
            name: value for name, value in messages.parse("BatchPredictionJob", raw).items() if name not in _OUTPUT_ONLY
        }
        check_batch_job(asked)
        model = self._models.resolve(asked["model"])
        if not model["name"].startswith(f"{parent}/"):
            raise invalid_argument(f"model: {asked['model']} is not in {parent}, where the job is.")
        created = CLOCK.text()
        name = f"{parent}/{COLLECTION}/{uuid4().int >> 66}"
        job = {
            "name": name, **asked, "model": model["name"].partition("@")[0],
            "modelVersionId": model["versionId"], "state": self._holds.first_state(name).value, "createTime": created,
            "updateTime": created,
        }  # fmt: skip
        self._records.add(job)
        self._fleet.call(self._begin, job["name"])
        return job

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            ApiError: 404.
        """
        return self._records.job(name)

    def list_jobs(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of jobs, newest first.

        Args:
            query: `filter`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter or a token that is not well formed.
        """
        items = self._records.jobs(f"{parent}/{COLLECTION}/")
        return newest_first(COLLECTION, items, query, fields=_FILTER_FIELDS)

    def cancel(self, name: str) -> None:
        """Ask for the end of a job; one that has ended stays as it is.

        Raises:
            ApiError: 404.
        """
        with self._records.lock:
            if is_final(self._records.state(name), JOB_MOVES):
                return
            if self._records.state(name) is not JobState.CANCELLING:
                self._holds.discard(name)
            self._records.move(name, JobState.CANCELLING)
        self._fleet.call(self._cancel, name)

    def set_state(self, name: str, state: JobState, error: Mapping[str, Any] | None) -> None:
        """Bring a job into a state and hold it there; its processes have ended when this returns.

        Raises:
            ApiError: 404; 400 for a job that has ended.
        """
        with self._records.lock:
            if is_final(self._records.state(name), JOB_MOVES):
                raise failed_precondition(f"The job {name} has ended as {self._records.state(name)}.")
            if is_final(state, JOB_MOVES):
                self._holds.discard(name)
            else:
                self._holds.add(name)
            self._records.bring(name, state, error=error)
        self._fleet.finish(self._park(name))

    def release(self, name: str) -> None:
        """Hold a job no longer, and let it run, from the start where it ran before."""
        with self._records.lock:
            self._holds.discard(name)
            if self._records.state(name) in RELEASED_AS_PENDING:
                self._records.bring(name, JobState.PENDING)
        self._fleet.call(self._begin, name)

    def delete(self, name: str) -> Operation:
        """Remove a job that has ended, and return the operation, which is done; its results stay.

        Raises:
            ApiError: 404; 400 for a job that has not ended.
        """
        state = self._records.state(name)
        if not is_final(state, JOB_MOVES):
            raise not_ended("job", name, state)
        self._records.remove(name)
        return deleted(self._operations, name)

    def cancel_all(self) -> None:
        """Ask for the end of every job that has not ended, and wait for it."""
        live = [job["name"] for job in self._records.jobs() if not is_final(JobState(job["state"]), JOB_MOVES)]
        for name in live:
            self.cancel(name)
        deadline = time.monotonic() + _CANCEL_S
        while time.monotonic() < deadline and any(not is_final(self._records.state(name), JOB_MOVES) for name in live):
            time.sleep(_POLL_S)

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
            for job in self._records.jobs()
        ]

    def start(self) -> None:
        """Run the jobs again that a former server left."""
        for job in self._records.jobs():
            if not is_final(JobState(job["state"]), JOB_MOVES):
                self._fleet.call(self._begin, job["name"])

    def stop(self) -> None:
        """End what runs; the jobs keep their states."""
        self._is_closing = True
        self._fleet.finish(self._close())

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _park(self, name: str) -> None:
        if task := self._tasks.get(name):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _begin(self, name: str) -> None:
        if name not in self._tasks and name not in self._holds:
            task = asyncio.get_running_loop().create_task(self._run(name))
            self._tasks[name] = task
            task.add_done_callback(lambda _task: self._tasks.pop(name, None))

    def _cancel(self, name: str) -> None:
        if name in self._tasks:
            self._tasks[name].cancel()
        elif self._records.state(name) is JobState.CANCELLING:
            self._begin(name)  # it was held, and only has to end

    async def _run(self, name: str) -> None:
        try:
            if self._records.state(name) is JobState.CANCELLING:
                raise asyncio.CancelledError
            found = await self._runs.run(name)
        except (asyncio.CancelledError, Stopped):
            if not self._is_closing:
                self._finish(name, JobState.CANCELLED, error=_CANCELLED)
        except NotServing as error:
            self._finish(name, JobState.FAILED, error=rpc_status(failed_precondition(str(error))))
        except ApiError as error:
            self._finish(name, JobState.FAILED, error=rpc_status(error))
        except Exception as error:
            _log.exception("%s failed", name)
            failure = internal(f"localgcp failed to run the job: {error!r}")
            self._finish(name, JobState.FAILED, error=rpc_status(failure))
        else:
            self._finish(name, JobState.SUCCEEDED, **found)

    def _finish(self, name: str, state: JobState, **fields: Any) -> None:
        """Bring a job to its end; one that is being cancelled ends as cancelled, whatever came of it."""
        with self._records.lock:
            if name in self._holds:
                return
            current = self._records.state(name)
            if current is JobState.CANCELLING and state is not JobState.CANCELLED:
                state, fields = JobState.CANCELLED, {"error": _CANCELLED}
            elif current is not JobState.CANCELLING and state is JobState.CANCELLED:
                self._records.move(name, JobState.CANCELLING)
            self._records.move(name, state, **fields)
        _log.info("%s ended as %s", name, state)
