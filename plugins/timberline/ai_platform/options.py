"""The options of `gcloud ai-platform jobs submit training`, which override a job file. Pure.

Flags that build and stage a package or attach accelerators are not supported.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.schema import check_body, schema
from timberline.run.errors import AiPlatformError

# The path of each option in a v1 job; `executor_image_uri` has none.
_PATHS = {
    "job_id": "jobId",
    "labels": "labels",
    "args": "trainingInput.args",
    "job_dir": "trainingInput.jobDir",
    "region": "trainingInput.region",
    "scale_tier": "trainingInput.scaleTier",
    "master_machine_type": "trainingInput.masterType",
    "master_image_uri": "trainingInput.masterConfig.imageUri",
    "worker_machine_type": "trainingInput.workerType",
    "worker_count": "trainingInput.workerCount",
    "worker_image_uri": "trainingInput.workerConfig.imageUri",
    "parameter_server_machine_type": "trainingInput.parameterServerType",
    "parameter_server_count": "trainingInput.parameterServerCount",
    "parameter_server_image_uri": "trainingInput.parameterServerConfig.imageUri",
    "module_name": "trainingInput.pythonModule",
    "package_uris": "trainingInput.packageUris",
    "runtime_version": "trainingInput.runtimeVersion",
    "python_version": "trainingInput.pythonVersion",
    "service_account": "trainingInput.serviceAccount",
    "network": "trainingInput.network",
    "kms_key": "trainingInput.encryptionConfig.kmsKeyName",
    "enable_web_access": "trainingInput.enableWebAccess",
    "use_chief_in_tf_config": "trainingInput.useChiefInTfConfig",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingOptions:
    """Options of a submission, named as gcloud's flags; None keeps the value of the file.

    Attributes:
        args: all arguments of the trainer: they replace the arguments of the file.
        labels: all labels: they replace the labels of the file.
        executor_image_uri: the image that runs a Python package, instead of the image of the runtime version; gcloud
            had no such flag.
    """

    job_id: str | None = None
    labels: Mapping[str, str] | None = None
    args: Sequence[str] | None = None
    job_dir: str | None = None
    region: str | None = None
    scale_tier: str | None = None
    master_machine_type: str | None = None
    master_image_uri: str | None = None
    worker_machine_type: str | None = None
    worker_count: int | None = None
    worker_image_uri: str | None = None
    parameter_server_machine_type: str | None = None
    parameter_server_count: int | None = None
    parameter_server_image_uri: str | None = None
    module_name: str | None = None
    package_uris: Sequence[str] | None = None
    runtime_version: str | None = None
    python_version: str | None = None
    service_account: str | None = None
    network: str | None = None
    kms_key: str | None = None
    enable_web_access: bool | None = None
    use_chief_in_tf_config: bool | None = None
    executor_image_uri: str | None = None


def with_options(job: object, options: TrainingOptions) -> dict[str, Any]:
    """Return a copy of a v1 job with options, checked against the discovery document.

    Args:
        job: a v1 Job, or the content of a gcloud config file.
        options: override the job.

    Raises:
        AiPlatformError: the job has no `trainingInput`, or a value of the job or an option has the wrong type.
    """
    _check_job(job)
    merged: dict[str, Any] = _copied(job)
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if value is not None and field.name in _PATHS:
            _put(merged, _PATHS[field.name].split("."), _in_v1(field.name, value))
    check_body(merged, "Job", "")
    return merged


def _check_job(job: object) -> None:
    if not isinstance(job, Mapping):
        raise AiPlatformError(f"the job: expected a mapping with trainingInput, found {job!r}")
    known = schema("TrainingInput")["properties"]
    if "trainingInput" not in job and (misplaced := [str(key) for key in job if key in known]):
        raise AiPlatformError(f"{misplaced[0]}: is at the top level; move it and its siblings below trainingInput")
    if "predictionInput" in job:
        raise AiPlatformError("predictionInput: expected a training job, found a prediction job")
    check_body(job, "Job", "")
    if "trainingInput" not in job:
        raise AiPlatformError("trainingInput: expected a mapping, found none; write what the job trains below it")


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list | tuple) else value


def _put(body: dict[str, Any], keys: Sequence[str], value: object) -> None:
    for key in keys[:-1]:
        body = body.setdefault(key, {})
    body[keys[-1]] = value


def _in_v1(name: str, value: Any) -> Any:
    """Return an option's value in JSON form; gcloud writes tiers in lower case with dashes."""
    if name == "scale_tier":
        return str(value).upper().replace("-", "_")
    return _copied(value)
