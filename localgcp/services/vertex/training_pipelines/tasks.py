"""The job of a training pipeline, from its task definition and inputs, and the folder of its model.

The definition of a custom task: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import REQUIRED, refuse
from localgcp.core.http import messages
from localgcp.services.vertex.jobs.kinds import JobKind
from localgcp.services.vertex.jobs.validation import check_custom_job, check_tuning_job

_FOLDER = "gs://google-cloud-aiplatform/schema/trainingjob/definition/"
_AT = "training_task_inputs"
_LONGEST_NAME = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One kind of task.

    Attributes:
        metadata: the field of `trainingTaskMetadata` that names the job.
        suffix: the end of the job's display name, which starts with that of the pipeline.
    """

    kind: JobKind
    metadata: str
    suffix: str


_TASKS: Mapping[str, Task] = {
    f"{_FOLDER}custom_task_1.0.0.yaml": Task(kind=JobKind.CUSTOM, metadata="backingCustomJob", suffix="-custom-job"),
    f"{_FOLDER}hyperparameter_tuning_task_1.0.0.yaml": Task(
        kind=JobKind.TUNING, metadata="backingHyperparameterTuningJob", suffix="-hyperparameter-tuning-job"
    ),
}


def task_of(pipeline: Mapping[str, Any]) -> Task:
    """Return the task that a pipeline names.

    Raises:
        ApiError: 400 for an unknown definition, 501 for a definition that localgcp does not run.
    """
    definition = pipeline.get("trainingTaskDefinition", "")
    if definition in _TASKS:
        return _TASKS[definition]
    if definition.startswith(_FOLDER):
        raise unimplemented(f"training_task_definition {definition}")
    known = f"Must be a file of {_FOLDER}, found {definition}."
    refuse([("training_task_definition", known if definition else REQUIRED)])
    raise AssertionError("refuse has raised")


def job_of(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job of a pipeline as a client would create it, after all checks.

    Raises:
        ApiError: 400 naming each field that Vertex AI would refuse, 501 for a field that localgcp does not support.
    """
    task, inputs = task_of(pipeline), pipeline.get("trainingTaskInputs")
    if not isinstance(inputs, dict) or not inputs:
        refuse([(_AT, REQUIRED)])
        raise AssertionError("refuse has raised")
    name = pipeline["displayName"][: _LONGEST_NAME - len(task.suffix)] + task.suffix
    shared = {field: pipeline[field] for field in ("labels", "encryptionSpec") if field in pipeline}
    if task.kind is JobKind.CUSTOM:
        job = {"displayName": name, "jobSpec": messages.parse("CustomJobSpec", inputs, at=_AT), **shared}
        check_custom_job(job, _AT)
    else:
        spec = messages.parse("HyperparameterTuningJob", inputs, at=_AT)
        job = {**spec, "displayName": name, **shared}
        check_tuning_job(job, f"{_AT}.trial_job_spec")
    return job


def artifact_uri(job: Mapping[str, Any]) -> str:
    """Return the folder of a job's model, of the best trial for a tuning job; empty without an output folder."""
    spec = job.get("jobSpec") or job.get("trialJobSpec", {})
    base = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "").rstrip("/")
    if not base:
        return ""
    best = _best_trial(job)
    return f"{base}/{best}/model" if best else f"{base}/model"


def _best_trial(job: Mapping[str, Any]) -> str:
    """Return the id of the trial with the best metric, empty for a job without trials."""
    measured = [
        (trial["finalMeasurement"]["metrics"][0]["value"], trial["id"])
        for trial in job.get("trials", [])
        if trial["state"] == "SUCCEEDED" and "finalMeasurement" in trial
    ]
    if not measured:
        return ""
    choose = max if job["studySpec"]["metrics"][0]["goal"] == "MAXIMIZE" else min
    return str(choose(measured, key=lambda pair: pair[0])[1])
