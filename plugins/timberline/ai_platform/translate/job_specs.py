"""Converts a v1 config file to the tuning and training jobs of a job file. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.options import TrainingOptions
from timberline.ai_platform.translate.training import translate_training_job
from timberline.run.errors import AiPlatformError

IMAGE = "{{ image_uri }}"


def job_specs(config: Any) -> dict[str, Any]:
    """Return the keys `tuning` and `training` of a job file: the job with and without its hyperparameters.

    They determine the cost bound and the metric; the jobs themselves are submitted from the config file.

    Args:
        config: the content of a v1 config file; a config without an image runs the trainer's image.

    Raises:
        AiPlatformError: the config is wrong, has no hyperparameters, or has no equivalent on Vertex AI.
    """
    training = config.get("trainingInput") if isinstance(config, Mapping) else None
    if not isinstance(training, Mapping) or "hyperparameters" not in training:
        raise AiPlatformError("trainingInput.hyperparameters: expected a search space, found none")
    tuning = _body(config)
    if "scheduling" not in tuning["trialJobSpec"]:
        raise AiPlatformError(
            "trainingInput.scheduling.maxRunningTime: expected a limit of the cost, as in 3600s, found none; add it"
        )
    fields = ("studySpec", "maxTrialCount", "parallelTrialCount", "maxFailedTrialCount")
    search = {key: tuning[key] for key in fields if key in tuning}
    alone = {key: value for key, value in training.items() if key != "hyperparameters"}
    return {
        "tuning": {**search, "trialJobSpec": _spec(tuning["trialJobSpec"])},
        "training": _spec(_body({**config, "trainingInput": alone})["jobSpec"]),
    }


def _body(config: Any) -> dict[str, Any]:
    training = config["trainingInput"]
    master = training.get("masterConfig")
    has_program = "pythonModule" in training or (isinstance(master, Mapping) and "imageUri" in master)
    options = TrainingOptions(master_image_uri=None if has_program else IMAGE)
    return translate_training_job(config, options=options).body


def _spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a CustomJobSpec that a job file has, without empty pools, which cost nothing."""
    fields = ("scheduling", "serviceAccount", "network")
    pools = [_pool(pool) for pool in spec["workerPoolSpecs"] if pool]
    return {"workerPoolSpecs": pools, **{key: spec[key] for key in fields if key in spec}}


def _pool(pool: Mapping[str, Any]) -> dict[str, Any]:
    container = pool.get("containerSpec") or {"imageUri": pool["pythonPackageSpec"]["executorImageUri"]}
    kept = {key: pool[key] for key in ("machineSpec", "replicaCount", "diskSpec") if key in pool}
    return {**kept, "containerSpec": container}
