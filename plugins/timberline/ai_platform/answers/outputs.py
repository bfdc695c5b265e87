"""Converts a Vertex AI job to AI Platform's `Job`. Pure.

Vertex AI has no equivalent of `consumedMLUnits`, `jobPosition` and `etag`, so they are missing. `trainingInput` and
`predictionInput` are missing too: they cannot be derived from the Vertex AI job.
"""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.answers.job_states import FINAL_STATES, v1_job_state, v1_reason
from timberline.ai_platform.answers.trial_outputs import trial_outputs, v1_web_access_uris
from timberline.ai_platform.job_ids import JOB_LABEL, SUBMISSION_LABEL
from timberline.jobs.remote import JobKind
from timberline.jobs.states import vertex_state
from timberline.run.errors import AiPlatformError, NoUsableTrial

_TIMES = ("createTime", "startTime", "endTime")
_OWN_LABELS = (JOB_LABEL, SUBMISSION_LABEL)


def v1_job(
    job: Mapping[str, Any], *, metric_tag: str | None = None, parameter_names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a Vertex AI job as v1's `Job`.

    Args:
        job: a CustomJob, HyperparameterTuningJob or BatchPredictionJob in Google's JSON form: camelCase keys, enums by
            their names.
        metric_tag: v1's name of the metric, if the name on Vertex AI differs.
        parameter_names: v1's names of parameters by their names on Vertex AI; equal names may be missing.

    Raises:
        AiPlatformError: AI Platform had no such kind of job.
        UnknownState: this version does not know the state of the job or of a trial.
        NoUsableTrial: a trial's value does not fit the type that the study declares.
    """
    kind = _kind(job)
    state = vertex_state(job["state"])
    found: dict[str, Any] = {"jobId": job.get("displayName") or _number(job), "state": v1_job_state(state)}
    found |= {key: job[key] for key in _TIMES if job.get(key)}
    if labels := {key: value for key, value in job.get("labels", {}).items() if key not in _OWN_LABELS}:
        found["labels"] = labels
    if message := job.get("error", {}).get("message") or v1_reason(state):
        found["errorMessage"] = message
    if kind is JobKind.BATCH:
        return found | {"predictionOutput": _prediction_output(job)}
    if kind is JobKind.TUNING:
        return found | {"trainingOutput": _tuning_output(job, metric_tag, parameter_names or {})}
    uris = v1_web_access_uris(job.get("webAccessUris", {}))
    return found | {"trainingOutput": {"webAccessUris": uris} if uris else {}}


def best_hyperparameters(job: Mapping[str, Any]) -> dict[str, str]:
    """Return the hyperparameters of the best trial as texts.

    Args:
        job: a tuning job in v1's form.

    Raises:
        NoUsableTrial: the job is not a tuning job, has not ended, or no trial has a final metric.
    """
    return dict(best_trial_of(job).get("hyperparameters", {}))


def best_trial_of(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the best trial of a job, which is the first trial in v1's order.

    Args:
        job: a tuning job in v1's form.

    Raises:
        NoUsableTrial: the job is not a tuning job, has not ended, or no trial has a final metric.
    """
    name = f"job {job.get('jobId', '')}".rstrip()
    output: Mapping[str, Any] = job.get("trainingOutput", {})
    if not output.get("isHyperparameterTuningJob"):
        raise NoUsableTrial(f"{name}: expected a hyperparameter tuning job, found one without trials")
    if job.get("state") not in FINAL_STATES:
        raise NoUsableTrial(f"{name} is {job.get('state')}: its trials are sorted when it has ended; wait for it")
    trials = output.get("trials", [])
    # Old answers of v1 have no trial states; a final metric shows that the trial succeeded.
    if not trials or "finalMetric" not in trials[0] or trials[0].get("state", "SUCCEEDED") != "SUCCEEDED":
        reason = job.get("errorMessage") or "read the log of a trial"
        raise NoUsableTrial(f"{name}: none of {len(trials)} trials succeeded with a metric; {reason}")
    best: Mapping[str, Any] = trials[0]
    return best


def _tuning_output(
    job: Mapping[str, Any], metric_tag: str | None, parameter_names: Mapping[str, str]
) -> dict[str, Any]:
    trials = trial_outputs(job, parameter_names)
    return {
        "isHyperparameterTuningJob": True,
        "hyperparameterMetricTag": metric_tag or job["studySpec"]["metrics"][0]["metricId"],
        "completedTrialCount": str(sum(trial["state"] == "SUCCEEDED" for trial in trials)),
        "trials": trials,
    }


def _prediction_output(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts and the output path, a folder of the job below the requested folder."""
    stats = job.get("completionStats", {})
    asked = job.get("outputConfig", {}).get("gcsDestination", {}).get("outputUriPrefix")
    place = job.get("outputInfo", {}).get("gcsOutputDirectory") or asked
    return {
        "predictionCount": str(stats.get("successfulCount", 0)),
        "errorCount": str(stats.get("failedCount", 0)),
        "nodeHours": float(job.get("resourcesConsumed", {}).get("replicaHours", 0.0)),
    } | ({"outputPath": place} if place else {})


def _kind(job: Mapping[str, Any]) -> JobKind:
    name = str(job.get("name", ""))
    collection = name.split("/")[-2] if "/" in name else ""
    if collection not in list(JobKind):
        raise AiPlatformError(f"name: expected projects/.../locations/.../{'|'.join(JobKind)}/..., found {name!r}")
    return JobKind(collection)


def _number(job: Mapping[str, Any]) -> str:
    return str(job["name"]).rpartition("/")[2]
