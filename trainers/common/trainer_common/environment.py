"""Reads the variables that a training or a prediction service sets, each kind in one function."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_common.failures import UserError


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What the training service told this process; None stands for "not set"."""

    model_dir: str | None
    """`AIP_MODEL_DIR`: where artefacts go; a tuning service gives each trial its own."""
    checkpoint_dir: str | None
    """`AIP_CHECKPOINT_DIR`: where a restarted worker finds its checkpoints."""
    tensorboard_log_dir: str | None
    """`AIP_TENSORBOARD_LOG_DIR`"""
    cluster_spec: str | None
    """`CLUSTER_SPEC`: the worker pools and this task's place in them, as JSON text."""
    tf_config: str | None
    """`TF_CONFIG`: the same for TensorFlow, as JSON text."""
    metric_file: str | None
    """`CLOUD_ML_HP_METRIC_FILE`: where tuning records go; set in tuning trials alone."""
    trial_id: str | None
    """`CLOUD_ML_TRIAL_ID`: counts from 1; set in tuning trials alone."""
    job: str | None
    """`CLOUD_ML_JOB_ID`, or `CLOUD_ML_JOB` as AI Platform called it."""
    storage_endpoint: str | None
    """`CLOUD_STORAGE_EMULATOR_ENDPOINT`, or `STORAGE_EMULATOR_HOST`: the address of a Cloud Storage that takes no
    credentials."""


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Reads the environment.

    Args:
        variables: The variables; those of this process, as they are now, when None. An empty value counts as not set.

    Returns:
        The typed environment.
    """
    found = os.environ if variables is None else variables

    def first(*names: str) -> str | None:
        return next((found[name] for name in names if found.get(name)), None)

    return Environment(
        model_dir=first("AIP_MODEL_DIR"),
        checkpoint_dir=first("AIP_CHECKPOINT_DIR"),
        tensorboard_log_dir=first("AIP_TENSORBOARD_LOG_DIR"),
        cluster_spec=first("CLUSTER_SPEC"),
        tf_config=first("TF_CONFIG"),
        metric_file=first("CLOUD_ML_HP_METRIC_FILE"),
        trial_id=first("CLOUD_ML_TRIAL_ID"),
        job=first("CLOUD_ML_JOB_ID", "CLOUD_ML_JOB"),
        storage_endpoint=first("CLOUD_STORAGE_EMULATOR_ENDPOINT", "STORAGE_EMULATOR_HOST"),
    )


def artifact_uri(job_dir: str | None, environment: Environment) -> str:
    """Decides where artefacts go: the flag wins over the environment.

    Args:
        job_dir: The value of `--job-dir`.
        environment: What the service set.

    Returns:
        A local path or a `gs://` URI, without a slash at the end.

    Raises:
        UserError: Neither `--job-dir` nor `AIP_MODEL_DIR` is given.
    """
    uri = job_dir or environment.model_dir
    if not uri:
        raise UserError("no place for the artefacts: pass --job-dir, or set AIP_MODEL_DIR (a local path or gs://...)")
    return uri.rstrip("/") or "/"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingEnvironment:
    """What a prediction service told this container, with Vertex AI's own defaults."""

    storage_uri: str | None
    """`AIP_STORAGE_URI`: the folder of the model; None when not set."""
    host: str
    """The address to listen on (see `read_serving_environment`)."""
    port: int
    """`AIP_HTTP_PORT`, else 8080."""
    predict_route: str
    """`AIP_PREDICT_ROUTE`, else `/predict`."""
    health_route: str
    """`AIP_HEALTH_ROUTE`, else `/health`."""


def read_serving_environment(variables: Mapping[str, str] | None = None) -> ServingEnvironment:
    """Reads what a prediction service sets.

    The address is decided here and nowhere else. In a container of Vertex AI, which sets `AIP_HTTP_PORT`, the server
    listens on all addresses, because requests come from outside. On a machine of one's own, which is where
    `AIP_HTTP_PORT` is missing or the storage is a local one (`STORAGE_EMULATOR_HOST`), it listens on loopback.

    Args:
        variables: The variables; those of this process, as they are now, when None. An empty value counts as not set.

    Returns:
        The typed environment.

    Raises:
        UserError: The port is no port, or a route is no path.
    """
    found = os.environ if variables is None else variables
    is_container = bool(found.get("AIP_HTTP_PORT")) and read_environment(found).storage_endpoint is None
    return ServingEnvironment(
        storage_uri=found.get("AIP_STORAGE_URI") or None,
        host="0.0.0.0" if is_container else "127.0.0.1",
        port=_port(found.get("AIP_HTTP_PORT") or "8080"),
        predict_route=_route("AIP_PREDICT_ROUTE", found.get("AIP_PREDICT_ROUTE") or "/predict"),
        health_route=_route("AIP_HEALTH_ROUTE", found.get("AIP_HEALTH_ROUTE") or "/health"),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise UserError(f"AIP_HTTP_PORT: expected a port, 1 to 65535, found {text!r}")
    return int(text)


def _route(name: str, path: str) -> str:
    if not path.startswith("/"):
        raise UserError(f"{name}: expected a path that starts with a slash, such as /predict, found {path!r}")
    return path
