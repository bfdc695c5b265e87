"""v1 training jobs for tests: small ones to change, and a sample of every kind."""

import copy
from typing import Any

IMAGE = "us-central1-docker.pkg.dev/project/trainers/trainer:1"


def _merged(body: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy({**body, **fields})
    return {key: value for key, value in merged.items() if value is not None}


def container(**fields: Any) -> dict[str, Any]:
    """Return a job of one container, with fields of `trainingInput` added; None removes one."""
    training = {"scaleTier": "BASIC", "region": "us-central1", "masterConfig": {"imageUri": IMAGE}}
    return {"jobId": "job_1", "trainingInput": _merged(training, fields)}


def package(**fields: Any) -> dict[str, Any]:
    """Return a job of a Python package that has a live prebuilt image, likewise."""
    training = {
        "scaleTier": "BASIC",
        "region": "us-central1",
        "packageUris": ["gs://bucket/trainer-0.1.tar.gz"],
        "pythonModule": "trainer.task",
        "runtimeVersion": "2.11",
        "pythonVersion": "3.10",
    }
    return {"jobId": "job_1", "trainingInput": _merged(training, fields)}


def custom(**fields: Any) -> dict[str, Any]:
    """Return a container job of the tier CUSTOM."""
    return container(**{"scaleTier": "CUSTOM", "masterType": "n1-standard-4", **fields})


def tuning(*params: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a tuning job; fields are those of `hyperparameters`."""
    spec = {"goal": "MAXIMIZE", "params": list(params or (DOUBLE,))}
    return container(hyperparameters=_merged(spec, fields))


DOUBLE = {"parameterName": "alpha", "type": "DOUBLE", "minValue": 0.0001, "maxValue": 0.1}
INTEGER = {"parameterName": "depth", "type": "INTEGER", "minValue": 2, "maxValue": 9}
DISCRETE = {"parameterName": "max_iter", "type": "DISCRETE", "discreteValues": [200, 500]}
CATEGORICAL = {"parameterName": "loss", "type": "CATEGORICAL", "categoricalValues": ["log", "hinge"]}

SAMPLES = {
    **{tier: container(scaleTier=tier) for tier in ("BASIC", "STANDARD_1", "PREMIUM_1", "BASIC_GPU")},
    "CUSTOM": custom(
        workerType="n1-highcpu-16",
        workerCount="2",
        parameterServerType="n1-highmem-8",
        parameterServerCount=1,
        evaluatorType="n1-standard-8",
        evaluatorCount=1,
        workerConfig={
            "imageUri": f"{IMAGE}-worker",
            "acceleratorConfig": {"type": "NVIDIA_TESLA_V100", "count": "2"},
            "diskConfig": {"bootDiskType": "pd-standard", "bootDiskSizeGb": 200},
        },
        jobDir="gs://bucket/jobs/1",
        args=["--epochs", "3"],
    ),
    "commands": custom(
        masterConfig={"imageUri": IMAGE, "containerCommand": ["python", "-m", "trainer"], "containerArgs": ["--x"]},
    ),
    "package": package(args=["--epochs=3"], jobDir="gs://bucket/jobs/1"),
    "package on GPUs": package(
        scaleTier="CUSTOM",
        masterType="standard_v100",
        parameterServerType="large_model",
        parameterServerCount=2,
    ),
    "everything about the job": container(
        scheduling={"maxRunningTime": "3600.5s", "maxWaitTime": "1800s", "priority": 7},
        serviceAccount="trainer@project.iam.gserviceaccount.com",
        network="projects/12345/global/networks/default",
        encryptionConfig={"kmsKeyName": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"},
        enableWebAccess=True,
        useChiefInTfConfig=True,
    )
    | {"labels": {"team": "Forestry", "Cost Centre": "12"}},
    "tuning": tuning(
        DOUBLE | {"scaleType": "UNIT_LOG_SCALE"},
        INTEGER | {"scaleType": "UNIT_LINEAR_SCALE"},
        DISCRETE | {"scaleType": "UNIT_REVERSE_LOG_SCALE"},
        CATEGORICAL | {"scaleType": "NONE"},
        goal="MINIMIZE",
        hyperparameterMetricTag="validation loss",
        maxTrials=6,
        maxParallelTrials=3,
        maxFailedTrials=2,
        enableTrialEarlyStopping=True,
        algorithm="RANDOM_SEARCH",
    ),
    "grid": tuning(INTEGER, DISCRETE, CATEGORICAL, algorithm="GRID_SEARCH"),
}
