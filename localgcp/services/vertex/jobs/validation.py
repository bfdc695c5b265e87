"""Checks of new jobs: 400 with every field that Vertex AI would refuse, 501 for what localgcp does not support."""

from collections.abc import Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import REQUIRED, Problem, naming_problems, refuse, snake
from localgcp.services.vertex.replicas.resources import seconds
from localgcp.services.vertex.tuning.study import Study
from localgcp.services.vertex.tuning.study_stopping import stopping_problems

_MOST_POOLS = 4

# Fields that would change what a job does, and that localgcp does not support.
_UNSUPPORTED_SPEC = ("persistentResourceId", "experiment", "experimentRun", "tensorboard")
_UNSUPPORTED_POOL = ("nfsMounts", "lustreMounts")
_UNSUPPORTED_METRIC = ("safetyConfig",)


def check_custom_job(job: Mapping[str, Any], spec_at: str = "job_spec") -> None:
    """Refuse a custom job that Vertex AI would refuse.

    Args:
        spec_at: the path of its `jobSpec` in the request.

    Raises:
        ApiError: 400 naming each field, or 501 naming the first field that localgcp does not support.
    """
    refuse([*naming_problems(job), *_job_spec(job.get("jobSpec"), spec_at)])
    _check_supported(job["jobSpec"], spec_at)


def check_tuning_job(job: Mapping[str, Any], spec_at: str = "trial_job_spec") -> None:
    """Refuse a tuning job that Vertex AI would refuse.

    Args:
        spec_at: the path of its `trialJobSpec` in the request.

    Raises:
        ApiError: 400 naming each field, or 501 naming the first field that localgcp does not support.
    """
    study = job.get("studySpec", {})
    refuse([*naming_problems(job), *_counts(job), *_study_spec(study), *_job_spec(job.get("trialJobSpec"), spec_at)])
    _check_supported(job["trialJobSpec"], spec_at)
    for field in _UNSUPPORTED_METRIC:
        if field in study["metrics"][0]:
            raise unimplemented(f"study_spec.metrics[0].{snake(field)}")
    Study(study, name=job["displayName"], trial_count=int(job["maxTrialCount"]))


def _counts(job: Mapping[str, Any]) -> Iterator[Problem]:
    most, at_once = int(job.get("maxTrialCount", 0)), int(job.get("parallelTrialCount", 0))
    if most < 1:
        yield "max_trial_count", f"Must be at least 1, found {most}."
    if at_once < 1:
        yield "parallel_trial_count", f"Must be at least 1, found {at_once}."
    elif at_once > most:
        yield "parallel_trial_count", f"Must not be greater than max_trial_count {most}, found {at_once}."
    if int(job.get("maxFailedTrialCount", 0)) < 0:
        yield "max_failed_trial_count", f"Must not be negative, found {job['maxFailedTrialCount']}."


def _study_spec(study: Mapping[str, Any]) -> Iterator[Problem]:
    metrics = study.get("metrics", [])
    if len(metrics) != 1:
        yield (
            "study_spec.metrics",
            f"A hyperparameter tuning job needs exactly one metric, and this one has {len(metrics)}.",
        )
    for index, metric in enumerate(metrics):
        if not metric.get("metricId"):
            yield f"study_spec.metrics[{index}].metric_id", REQUIRED
        if metric.get("goal") not in ("MAXIMIZE", "MINIMIZE"):
            yield f"study_spec.metrics[{index}].goal", "Must be MAXIMIZE or MINIMIZE."
    if not study.get("parameters"):
        yield "study_spec.parameters", "At least one parameter is needed."
    if "observationNoise" in study:
        yield "study_spec.observation_noise", "A hyperparameter tuning job does not take it, only a study of Vizier's."
    yield from stopping_problems(study)


def _job_spec(spec: Mapping[str, Any] | None, where: str) -> Iterator[Problem]:
    pools = (spec or {}).get("workerPoolSpecs", [])
    if not pools or not pools[0]:
        yield f"{where}.worker_pool_specs", "At least one worker pool is needed, and the first must not be empty."
    if len(pools) > _MOST_POOLS:
        yield f"{where}.worker_pool_specs", f"There are {len(pools)} worker pools, and {_MOST_POOLS} are allowed."
    for index, pool in enumerate(pools):
        if pool:
            yield from _pool(pool, f"{where}.worker_pool_specs[{index}]", is_first=index == 0)
    uri = (spec or {}).get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    if uri and not uri.startswith("gs://"):
        yield f"{where}.base_output_directory.output_uri_prefix", f"Must start with gs://, found {uri}."
    timeout = (spec or {}).get("scheduling", {}).get("timeout")
    if timeout is not None and seconds(timeout) <= 0:
        yield f"{where}.scheduling.timeout", f"Must be positive, found {timeout}."


def _pool(pool: Mapping[str, Any], where: str, *, is_first: bool) -> Iterator[Problem]:
    if not pool.get("machineSpec", {}).get("machineType"):
        yield f"{where}.machine_spec.machine_type", REQUIRED
    replicas = int(pool.get("replicaCount", 0))
    if replicas < 1:
        yield f"{where}.replica_count", f"Must be at least 1, found {replicas}."
    elif is_first and replicas > 1:
        yield f"{where}.replica_count", f"The first worker pool has the primary replica alone, and asks for {replicas}."
    container, package = pool.get("containerSpec"), pool.get("pythonPackageSpec")
    if container is None and package is None:
        yield f"{where}", "One of container_spec and python_package_spec is required."
    elif container is not None:
        yield from _container(container, f"{where}.container_spec")
    elif package is not None:
        yield from _package(package, f"{where}.python_package_spec")


def _container(container: Mapping[str, Any], where: str) -> Iterator[Problem]:
    if not container.get("imageUri"):
        yield f"{where}.image_uri", REQUIRED
    yield from _env(container, where)


def _package(package: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for field in ("executorImageUri", "packageUris", "pythonModule"):
        if not package.get(field):
            yield f"{where}.{snake(field)}", REQUIRED
    yield from _env(package, where)


def _env(container: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for index, entry in enumerate(container.get("env", [])):
        if not entry.get("name") or "=" in entry["name"]:
            yield f"{where}.env[{index}].name", f"{entry.get('name', '')!r} is not the name of an environment variable."


def _check_supported(spec: Mapping[str, Any], where: str) -> None:
    for field in _UNSUPPORTED_SPEC:
        if field in spec:
            raise unimplemented(f"{where}.{snake(field)}")
    for index, pool in enumerate(spec["workerPoolSpecs"]):
        for field in _UNSUPPORTED_POOL:
            if field in pool:
                raise unimplemented(f"{where}.worker_pool_specs[{index}].{snake(field)}")
