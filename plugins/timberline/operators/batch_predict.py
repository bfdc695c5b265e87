"""Submits predictions of many rows at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobKind
from timberline.operators.step import StepOperator
from timberline.run.errors import InputError, JobFileError
from timberline.run.identity import RunIdentity, short_hash
from timberline.spec.decoding import encode
from timberline.spec.include import read_job_file


class BatchPredictOperator(StepOperator):
    """Submits one batch prediction job, or finds the one that this run submitted before; `JobsSensor` waits for it.

    Args:
        model: (templated) `projects/.../models/<id>@<version>`, or a `Challenger` in JSON form.
        source: (templated) the rows: `gs://...` with a `*` or without (JSON lines), or `bq://project.dataset.table`.
        destination: (templated) where the predictions go: `gs://...`, below which a folder is made, or
            `bq://project.dataset` or `bq://project.dataset.table`.
        job_file: (templated) the job file below include/jobs; its `serving` has the machines.
        segment: (templated) which of the parallel models it is.

    Returns a `JobRef` in JSON form.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields, "model", "source", "destination", "job_file", "segment",
    )  # fmt: skip

    def __init__(
        self, *, model: Any, source: str, destination: str, job_file: str, segment: Any = "all", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.source = source
        self.destination = destination
        self.job_file = job_file
        self.segment = segment

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Submit.

        Raises:
            InputError: the source or destination is neither, or Vertex AI refuses the job.
            JobFileError: the job file cannot be used.
        """
        segment = str(self.segment)
        body = {"displayName": run.display_name(self.step, segment), **self._body()}
        content = short_hash(body["model"], self.source, self.destination)
        request = JobRequest.of_step(run, self.step, segment, kind=JobKind.BATCH, body=body, content=content)
        return self.cloud.jobs.submit_once(request).ref.to_json()

    def _body(self) -> dict[str, Any]:
        spec = read_job_file(self.job_file).serving
        if spec is None:
            raise JobFileError(f"{self.job_file}: serving: expected a value, found none")
        model = self.model
        return {
            "model": f"{model['model']}@{model['version']}" if isinstance(model, Mapping) else str(model),
            "inputConfig": _input(self.source),
            "outputConfig": _output(self.destination),
            "dedicatedResources": {
                "machineSpec": encode(spec.machine_spec),
                "startingReplicaCount": spec.min_replica_count,
                "maxReplicaCount": spec.max_replica_count,
            },
        }


def _input(uri: str) -> dict[str, Any]:
    if _is_table(uri, "source"):
        return {"instancesFormat": "bigquery", "bigquerySource": {"inputUri": uri}}
    return {"instancesFormat": "jsonl", "gcsSource": {"uris": [uri]}}


def _output(uri: str) -> dict[str, Any]:
    if _is_table(uri, "destination"):
        return {"predictionsFormat": "bigquery", "bigqueryDestination": {"outputUri": uri}}
    return {"predictionsFormat": "jsonl", "gcsDestination": {"outputUriPrefix": uri}}


def _is_table(uri: str, field: str) -> bool:
    if not uri.startswith(("bq://", "gs://")):
        raise InputError(f"{field}: expected bq://... or gs://..., found {uri!r}")
    return uri.startswith("bq://")
