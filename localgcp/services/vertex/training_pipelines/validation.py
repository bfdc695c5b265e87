"""Checks of new training pipelines, besides those of their jobs."""

from collections.abc import Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import Problem, naming_problems, refuse
from localgcp.services.vertex.models.validation import check_upload
from localgcp.services.vertex.training_pipelines.tasks import artifact_uri


def check_pipeline(pipeline: Mapping[str, Any]) -> None:
    """Refuse a pipeline without a display name, or with an input data set.

    Raises:
        ApiError: 400 naming each field, 501 for `input_data_config`.
    """
    refuse(naming_problems(pipeline))
    if pipeline.get("inputDataConfig"):
        raise unimplemented("input_data_config")


def check_model(pipeline: Mapping[str, Any], job: Mapping[str, Any]) -> None:
    """Refuse a model whose upload would fail after the end of the job.

    Raises:
        ApiError: 400 naming each field.
    """
    refuse(_unused(pipeline))
    if "modelToUpload" in pipeline:
        check_upload(upload_request(pipeline), "model_to_upload")
        refuse(_place(pipeline, job))


def upload_request(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Return the UploadModelRequest of a pipeline; without artifacts, unless the model names their folder."""
    ids = {field: pipeline[field] for field in ("modelId", "parentModel") if field in pipeline}
    return {"model": pipeline["modelToUpload"], **ids}


def _unused(pipeline: Mapping[str, Any]) -> Iterator[Problem]:
    for field, name in (("modelId", "model_id"), ("parentModel", "parent_model")):
        if field in pipeline and "modelToUpload" not in pipeline:
            yield name, "Has no effect without model_to_upload."


def _place(pipeline: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[Problem]:
    if not pipeline["modelToUpload"].get("artifactUri") and not artifact_uri(job):
        yield (
            "training_task_inputs.base_output_directory",
            "Required if model_to_upload is set: the upload copies the folder model in it.",
        )
