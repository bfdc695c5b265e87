"""Moves each pipeline to the state of its job, and uploads the model of a pipeline whose job has succeeded."""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from localgcp.core.conventions.errors import ApiError, RpcCode, internal, rpc_status, status_of
from localgcp.core.state.states import JOB_MOVES, PIPELINE_ENDS, JobState, PipelineState, is_final
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.training_pipelines.records import OF_JOB, Pipeline, PipelineRecords, job_name
from localgcp.services.vertex.training_pipelines.tasks import artifact_uri
from localgcp.services.vertex.training_pipelines.validation import upload_request

_log = logging.getLogger(__name__)
_CANCELLED = status_of(RpcCode.CANCELLED, "The pipeline was cancelled.")


class Follower:
    """A thread that updates the pipelines whose jobs have changed."""

    def __init__(self, records: PipelineRecords, models: ModelStore, job: Callable[[str], dict[str, Any]]) -> None:
        """Prepare; nothing happens before `start`.

        Args:
            job: returns a job by its name.
        """
        self._records = records
        self._models = models
        self._job = job
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._thread = threading.Thread(target=self._follow, name="localgcp-pipelines", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after all notifications and the present upload."""
        if self._thread.is_alive():
            self._queue.put("")
            self._thread.join()

    def notify(self, name: str) -> None:
        """Make the thread check a pipeline whose job may have changed."""
        self._queue.put(name)

    def _follow(self) -> None:
        while name := self._queue.get():
            try:
                self._catch_up_or_end(name)
            except Exception:  # for example a full disk; the thread must still update the other pipelines
                _log.exception("%s could not be updated and keeps its state", name)

    def _catch_up_or_end(self, name: str) -> None:
        try:
            self._catch_up(name)
        except Exception as error:
            _log.exception("%s failed", name)
            self._end(name, internal(f"localgcp failed to run the pipeline: {error!r}"))

    def _catch_up(self, name: str) -> None:
        try:
            pipeline = self._records.job(name)
        except ApiError:
            return  # the pipeline was deleted
        if PipelineState(pipeline["state"]) in PIPELINE_ENDS:
            return
        try:
            job = self._job(job_name(pipeline))
        except ApiError as error:  # the job had ended, and was deleted before this thread saw its end
            self._end(name, error)
            return
        state = JobState(job["state"])
        if not is_final(state, JOB_MOVES):
            self._records.move(name, OF_JOB.get(state, PipelineState.RUNNING), startTime=job.get("startTime"))
        elif pipeline["state"] == PipelineState.CANCELLING:
            self._records.move(name, PipelineState.CANCELLED, error=job.get("error", _CANCELLED))
        elif state in OF_JOB:
            self._records.move(name, OF_JOB[state], startTime=job.get("startTime"), error=job.get("error"))
        else:
            self._succeed(pipeline, job)

    def _succeed(self, pipeline: Pipeline, job: dict[str, Any]) -> None:
        name, model = pipeline["name"], None
        self._records.move(name, PipelineState.RUNNING, startTime=job.get("startTime"))
        if "modelToUpload" in pipeline:
            try:
                model = self._uploaded(pipeline, job)
            except ApiError as error:
                self._end(name, error)
                return
        self._records.move(name, PipelineState.SUCCEEDED, modelToUpload=model)

    def _uploaded(self, pipeline: Pipeline, job: dict[str, Any]) -> dict[str, Any]:
        """Return `modelToUpload` after the upload; a model that a killed server has uploaded is not uploaded again."""
        name, asked = pipeline["name"], pipeline["modelToUpload"]
        asked = asked | {"artifactUri": asked.get("artifactUri") or artifact_uri(job)}
        if self._models.uploaded_by(name) is None:
            parent = "/".join(name.split("/")[:4])
            request = upload_request(pipeline | {"modelToUpload": asked})
            operation = self._models.upload(parent, request, pipeline=name)
            if "error" in operation:
                raise internal(operation["error"]["message"])
        found = self._models.uploaded_by(name) or {}
        return {**asked, **{field: found[field] for field in ("name", "versionId") if field in found}}

    def _end(self, name: str, error: ApiError) -> None:
        is_cancelling = self._records.job(name)["state"] == PipelineState.CANCELLING
        state = PipelineState.CANCELLED if is_cancelling else PipelineState.FAILED
        self._records.move(name, state, error=rpc_status(error))
