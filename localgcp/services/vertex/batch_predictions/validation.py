"""Checks of new batch prediction jobs: 400 for each wrong field, 501 for what localgcp does not support."""

from collections.abc import Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.conventions.problems import REQUIRED, Problem, naming_problems, refuse, snake

_FORMATS = ("jsonl", "bigquery")
_UNSUPPORTED = ("unmanagedContainerModel", "generateExplanation", "explanationSpec")
_INSTANCE_TYPES = ("", "object", "array")


def check_batch_job(job: Mapping[str, Any]) -> None:
    """Refuse a job that Vertex AI would refuse, without looking at the model.

    Raises:
        ApiError: 400 naming each field, or 501 naming the first field that localgcp does not support.
    """
    for field in _UNSUPPORTED:
        if job.get(field):
            raise unimplemented(snake(field))
    refuse([*naming_problems(job), *_model(job), *_input(job), *_output(job), *_instances(job)])
    formats = (
        ("input_config.instances_format", job["inputConfig"]["instancesFormat"]),
        ("output_config.predictions_format", job["outputConfig"]["predictionsFormat"]),
    )
    for field, found in formats:
        if found not in _FORMATS:
            raise unimplemented(f"{field} {found}")


def _model(job: Mapping[str, Any]) -> Iterator[Problem]:
    if not job.get("model"):
        yield "model", REQUIRED
    if not job.get("dedicatedResources", {}).get("machineSpec", {}).get("machineType"):
        yield "dedicated_resources.machine_spec.machine_type", REQUIRED
    if job.get("manualBatchTuningParameters", {}).get("batchSize", 0) < 0:
        yield "manual_batch_tuning_parameters.batch_size", "Must not be negative."


def _input(job: Mapping[str, Any]) -> Iterator[Problem]:
    given, where = job.get("inputConfig", {}), "input_config"
    if not given.get("instancesFormat"):
        yield f"{where}.instances_format", REQUIRED
    elif given["instancesFormat"] == "bigquery":
        if not _is_table(given.get("bigquerySource", {}).get("inputUri", ""), parts=(3,)):
            yield f"{where}.bigquery_source.input_uri", "Must be a table such as bq://project.dataset.table."
    else:
        uris = given.get("gcsSource", {}).get("uris", [])
        if not uris or not all(uri.startswith("gs://") for uri in uris):
            yield f"{where}.gcs_source.uris", f"Must be files such as gs://bucket/file, found {uris}."


def _output(job: Mapping[str, Any]) -> Iterator[Problem]:
    given, where = job.get("outputConfig", {}), "output_config"
    if not given.get("predictionsFormat"):
        yield f"{where}.predictions_format", REQUIRED
    elif given["predictionsFormat"] == "bigquery":
        if not _is_table(given.get("bigqueryDestination", {}).get("outputUri", ""), parts=(1, 2, 3)):
            yield (
                f"{where}.bigquery_destination.output_uri",
                "Must be bq://project, bq://project.dataset or bq://project.dataset.table.",
            )
    elif not given.get("gcsDestination", {}).get("outputUriPrefix", "").startswith("gs://"):
        yield f"{where}.gcs_destination.output_uri_prefix", "Must be a folder such as gs://bucket/folder."


def _instances(job: Mapping[str, Any]) -> Iterator[Problem]:
    given, where = job.get("instanceConfig", {}), "instance_config"
    if given.get("instanceType", "") not in _INSTANCE_TYPES:
        yield f"{where}.instance_type", f"Must be object or array, found {given['instanceType']}."
    if given.get("includedFields") and given.get("excludedFields"):
        yield f"{where}.excluded_fields", "Must be empty if included_fields is set."


def _is_table(uri: str, parts: tuple[int, ...]) -> bool:
    names = uri.removeprefix("bq://").split(".")
    return uri.startswith("bq://") and len(names) in parts and all(names)
