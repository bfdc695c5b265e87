"""Converts Vertex AI's messages to this package's own values."""

from typing import TYPE_CHECKING, Any

from timberline.jobs.remote import JobKind, JobRef, JobStatus, Study
from timberline.jobs.selection import DeclaredParameter, ParameterType, ParameterValue, Trial
from timberline.jobs.states import vertex_state
from timberline.release.endpoint_state import DeployedVersion, ServedEndpoint, short_id
from timberline.release.versions import Version
from timberline.spec.metric import MetricGoal

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import CustomJob, Endpoint, HyperparameterTuningJob, Model, StudySpec
    from google.cloud.aiplatform_v1 import Trial as TrialMessage


def read_status(message: "CustomJob | HyperparameterTuningJob", ref: JobRef) -> JobStatus:
    """Return the status that a job's message describes."""
    return JobStatus(
        ref=ref,
        state=vertex_state(message.state.name),
        error=message.error.message if message.error else "",
        created_s=_seconds(message.create_time),
        started_s=_seconds(message.start_time),
        ended_s=_seconds(message.end_time),
        study=_read_study(message) if ref.kind is JobKind.TUNING else None,
        labels=dict(message.labels),
        images=_read_images(message, ref.kind),
    )


def read_endpoint(message: "Endpoint") -> ServedEndpoint:
    """Return the endpoint that a message describes."""
    return ServedEndpoint(
        name=message.name,
        etag=message.etag,
        deployed=tuple(
            DeployedVersion(id=each.id, model=short_id(each.model), version=each.model_version_id)
            for each in message.deployed_models
        ),
        split=dict(message.traffic_split),
        labels=dict(message.labels),
    )


def read_version(message: "Model", model: str) -> Version:
    """Return the version that a message describes.

    Args:
        message: the message of the version.
        model: the model's resource name with the project's id: the service may use the project's number instead.
    """
    return Version(
        model=model,
        version=message.version_id,
        aliases=tuple(sorted(message.version_aliases)),
        labels=dict(message.labels),
        artifact_uri=message.artifact_uri,
        created_s=_seconds(message.version_create_time) or 0.0,
        deployed=bool(message.deployed_models),
    )


def _read_images(job: Any, kind: JobKind) -> tuple[str, ...]:
    """Return the images of a job's worker pools; a batch prediction has none of its own."""
    if kind is JobKind.BATCH:
        return ()
    spec = job.trial_job_spec if kind is JobKind.TUNING else job.job_spec
    return tuple(pool.container_spec.image_uri for pool in spec.worker_pool_specs if pool.container_spec.image_uri)


def _read_study(job: Any) -> Study:
    spec = job.study_spec
    metric = spec.metrics[0]
    return Study(
        metric=metric.metric_id,
        goal=MetricGoal(metric.goal.name),
        max_trials=job.max_trial_count,
        trials=tuple(_read_trial(trial, metric.metric_id) for trial in job.trials),
        declared={parameter.parameter_id: _read_parameter(parameter) for parameter in spec.parameters},
    )


def _read_trial(trial: "TrialMessage", metric_id: str) -> Trial:
    measured = (
        {metric.metric_id: metric.value for metric in trial.final_measurement.metrics}
        if trial.final_measurement
        else {}
    )
    return Trial(
        id=trial.id,
        state=trial.state.name,
        parameters={parameter.parameter_id: _plain(parameter.value) for parameter in trial.parameters},
        metric=measured.get(metric_id),
        infeasible_reason=trial.infeasible_reason,
    )


def _read_parameter(parameter: "StudySpec.ParameterSpec") -> DeclaredParameter:
    if "integer_value_spec" in parameter:
        return DeclaredParameter(ParameterType.INTEGER)
    if "double_value_spec" in parameter:
        return DeclaredParameter(ParameterType.DOUBLE)
    if "discrete_value_spec" in parameter:
        return DeclaredParameter(ParameterType.DISCRETE, tuple(parameter.discrete_value_spec.values))
    return DeclaredParameter(ParameterType.CATEGORICAL, tuple(parameter.categorical_value_spec.values))


def _plain(value: Any) -> ParameterValue:
    """Return the number or text in a protobuf Value; most versions of proto-plus have unpacked it already."""
    if isinstance(value, str | int | float):
        return value
    text: str = value.string_value
    number: float = value.number_value
    return text if value.HasField("string_value") else number


def _seconds(timestamp: Any) -> float | None:
    return timestamp.timestamp() if timestamp else None
