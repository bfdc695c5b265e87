"""Translates AI Platform training jobs to Vertex AI custom and tuning jobs. Pure.

Fields of v1: https://cloud.google.com/ai-platform/training/docs/reference/rest/v1/projects.jobs (as it was).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.job_ids import check_job_id, job_label
from timberline.ai_platform.notes import Note, Notes
from timberline.ai_platform.options import TrainingOptions, with_options
from timberline.ai_platform.translate.clusters import Role, read_cluster
from timberline.ai_platform.translate.labels import translate_labels
from timberline.ai_platform.translate.programs import Programs, output_folder
from timberline.ai_platform.translate.scheduling import translate_scheduling
from timberline.ai_platform.translate.study import JobNames, translate_hyperparameters
from timberline.ai_platform.translate.worker_pools import worker_pools
from timberline.jobs.remote import JobKind
from timberline.run.errors import AiPlatformError

_ROOT = "trainingInput"
_INPUTS = ("jobId", "labels", "trainingInput")
_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_NETWORK = re.compile(r"projects/[^/\s]+/global/networks/[^/\s]+")
_KMS_KEY = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingTranslation:
    """The Vertex AI form of a v1 training job.

    Attributes:
        kind: custom or tuning job.
        body: a CustomJob or HyperparameterTuningJob in Google's JSON form, with labels, and with a display name if the
            job has an id.
        region: the region of the job; None if neither the job nor the options have one.
        notes: the notes of the translation.
        names: the v1 names of metric and parameters.
        job_id: v1's id; None without an id.
    """

    kind: JobKind
    body: dict[str, Any]
    region: str | None
    notes: tuple[Note, ...]
    names: JobNames
    job_id: str | None


def translate_training_job(job: object, *, options: TrainingOptions | None = None) -> TrainingTranslation:
    """Translate a v1 training job.

    Args:
        job: a v1 Job with `trainingInput`, or the content of a gcloud config file; it is not changed.
        options: override the job, as gcloud's command line did.

    Raises:
        AiPlatformError: the job is wrong, or asks for something without an equivalent on Vertex AI; the message begins
            with the field's path.
    """
    given = options or TrainingOptions()
    merged = with_options(job, given)
    notes = Notes()
    for field in merged.keys() - _INPUTS:
        notes.warn(field, "is what the service says about a job; it is left out")
    training = merged[_ROOT]
    region = _region(training, notes)
    programs = Programs(training=training, executor_image_uri=given.executor_image_uri, notes=notes)
    body = _common(merged, notes)
    spec = _job_spec(training, programs, notes)
    names = JobNames()
    if (hyperparameters := training.get("hyperparameters")) is None:
        body["jobSpec"] = spec
    else:
        tuning, names = translate_hyperparameters(hyperparameters, notes)
        body |= {**tuning, "trialJobSpec": spec}
        _warn_of_shared_folder(spec, notes)
    return TrainingTranslation(
        kind=JobKind.CUSTOM if hyperparameters is None else JobKind.TUNING,
        body=body,
        region=region,
        notes=tuple(notes),
        names=names,
        job_id=merged.get("jobId"),
    )


def _job_spec(training: Mapping[str, Any], programs: Programs, notes: Notes) -> dict[str, Any]:
    """Return the CustomJobSpec without empty fields."""
    cluster = read_cluster(training, notes)
    folder = output_folder(training)
    _check_chief(training, len(cluster), notes)
    spec = {
        "workerPoolSpecs": worker_pools(training, cluster, programs),
        "scheduling": translate_scheduling(training.get("scheduling", {}), notes),
        "serviceAccount": training.get("serviceAccount"),
        "network": _matching(_NETWORK, training.get("network"), "network", "projects/<number>/global/networks/<name>"),
        "baseOutputDirectory": {"outputUriPrefix": folder} if folder else None,
        "enableWebAccess": training.get("enableWebAccess"),
    }
    return {key: value for key, value in spec.items() if value}


def _common(job: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """Return the fields that both kinds of job have beside their specs."""
    body: dict[str, Any] = {}
    labels = translate_labels(job.get("labels", {}), notes)
    if (job_id := job.get("jobId")) is not None:
        body["displayName"] = check_job_id(job_id)
        labels |= job_label(job_id)
    else:
        notes.substitute("jobId", "not given -> no displayName, which Vertex AI requires: name the job")
    if labels:
        body["labels"] = labels
    key = job[_ROOT].get("encryptionConfig", {}).get("kmsKeyName")
    expected = "projects/<project>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>"
    if _matching(_KMS_KEY, key, "encryptionConfig.kmsKeyName", expected):
        body["encryptionSpec"] = {"kmsKeyName": key}
    return body


def _region(training: Mapping[str, Any], notes: Notes) -> str | None:
    region = _matching(_REGION, training.get("region"), "region", "a region as in us-central1")
    if region is None:
        notes.substitute(f"{_ROOT}.region", "not given -> the region of whoever submits the job")
    return region


def _matching(pattern: re.Pattern[str], value: str | None, field: str, expected: str) -> str | None:
    if value and pattern.fullmatch(value) is None:
        raise AiPlatformError(f"{_ROOT}.{field}: expected {expected}, found {value!r}")
    return value or None


def _check_chief(training: Mapping[str, Any], pools: int, notes: Notes) -> None:
    """Note that TF_CONFIG always has a `chief`: on AI Platform containers had a `master` by default."""
    path = f"{_ROOT}.useChiefInTfConfig"
    chief: bool | None = training.get("useChiefInTfConfig")
    if chief:
        notes.substitute(path, "true -> nothing to set: Vertex AI always calls the first replica chief in TF_CONFIG")
    elif chief is not None or (pools > 1 and Role.MASTER.config(training).get("imageUri")):
        notes.warn(path, "Vertex AI always calls the first replica chief in TF_CONFIG, and never master")


def _warn_of_shared_folder(spec: Mapping[str, Any], notes: Notes) -> None:
    if "baseOutputDirectory" in spec:
        notes.warn(
            f"{_ROOT}.jobDir",
            "all trials are given the same one: let the trainer append CLOUD_ML_TRIAL_ID, or write to AIP_MODEL_DIR",
        )
