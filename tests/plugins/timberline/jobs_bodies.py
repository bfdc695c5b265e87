"""Small jobs for tests: the tiny trainer of the local cloud's own tests, as this package submits it."""

from typing import Any

from tests.contract.training import IMAGE
from timberline.jobs.interface import JobRequest, RemoteJobs
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.run.identity import RunIdentity


def job_spec(*args: str) -> dict[str, Any]:
    """Return a CustomJobSpec in JSON form."""
    pool = {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": 1,
        "containerSpec": {"imageUri": IMAGE, "args": list(args)},
    }
    return {"workerPoolSpecs": [pool], "baseOutputDirectory": {"outputUriPrefix": "gs://sources/out"}}


def custom(run: RunIdentity, *args: str, segment: str = "3", step: str = "train") -> JobRequest:
    """Return a training job."""
    body = {"displayName": "job", "jobSpec": job_spec(*args)}
    return JobRequest.of_step(run, step, segment, kind=JobKind.CUSTOM, body=body)


def tuning(run: RunIdentity, *args: str, segment: str = "3", step: str = "tune", trials: int = 2) -> JobRequest:
    """Return a tuning job."""
    parameters = [
        {"parameterId": "x", "doubleValueSpec": {"minValue": 0.0, "maxValue": 1.0}},
        {"parameterId": "depth", "integerValueSpec": {"minValue": 2, "maxValue": 4}},
        {"parameterId": "bins", "discreteValueSpec": {"values": [64, 128]}},
        {"parameterId": "weight", "categoricalValueSpec": {"values": ["TRUE"]}},
    ]
    body = {
        "displayName": "job",
        "studySpec": {"metrics": [{"metricId": "score", "goal": "MAXIMIZE"}], "parameters": parameters},
        "maxTrialCount": trials,
        "parallelTrialCount": trials,
        "trialJobSpec": job_spec(*args),
    }
    return JobRequest.of_step(run, step, segment, kind=JobKind.TUNING, body=body)


def status_of(jobs: RemoteJobs, ref: JobRef) -> JobStatus:
    """Return what the service says about one job."""
    (status,) = jobs.statuses([ref])
    return status
