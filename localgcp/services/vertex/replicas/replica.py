"""The command line and the environment of one replica, as Vertex AI sets them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localgcp.processes.images.resources import Environment
from localgcp.processes.process import base_variables
from localgcp.services.vertex.replicas.resources import JobSpec, WorkerPool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicaPlace:
    """The place of a replica in its job.

    Attributes:
        job_id: the number at the end of the job's resource name.
        pool, index: the number of the worker pool, and of the replica in it.
        cwd: its working directory and home, empty at the start.
        addresses: `host:port` of every replica, by the number of its pool.
        trial_id: empty for a custom job.
        metric_file: the file for the trainer's metrics; None for a custom job.
    """

    job_id: str
    pool: int
    index: int
    cwd: Path
    addresses: Mapping[int, Sequence[str]]
    trial_id: str = ""
    metric_file: Path | None = None

    @property
    def name(self) -> str:
        """The name of the replica, such as `workerpool0-0`."""
        return f"workerpool{self.pool}-{self.index}"


def command_line(pool: WorkerPool, environment: Environment, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command line that the container would start.

    As in Kubernetes, `command` replaces ENTRYPOINT and drops CMD, `args` replace CMD. The parameters of a trial follow
    the args as `--name=value` (https://cloud.google.com/vertex-ai/docs/training/using-hyperparameter-tuning).
    """
    startup = environment.startup
    flags = tuple(f"--{name}={value}" for name, value in parameters.items())
    entrypoint = pool.command or startup.entrypoint
    if pool.package is not None:
        entrypoint = ("python", "-m", pool.package.module)
    args = pool.args + flags
    if not args and not pool.command:
        args = startup.cmd
    return (*entrypoint, *args)


def variables(
    spec: JobSpec, pool: WorkerPool, environment: Environment, place: ReplicaPlace, client: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of a replica: those of its image, Vertex AI, the clients, and last those of its job."""
    found = {
        **base_variables(environment, place.cwd, client),
        "CLOUD_ML_JOB_ID": place.job_id,
        **_cluster(place),
        **_folders(spec.base_output_uri, place.trial_id),
    }
    if place.trial_id:
        found["CLOUD_ML_TRIAL_ID"] = place.trial_id
    if place.metric_file is not None:
        found["CLOUD_ML_HP_METRIC_FILE"] = str(place.metric_file)
    return found | pool.env


def _folders(base_uri: str, trial_id: str) -> dict[str, str]:
    """Return the variables with the output folders.

    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec#FIELDS.base_output_directory
    """
    if not base_uri:
        return {}
    root = f"{base_uri}/{trial_id}" if trial_id else base_uri
    return {
        "AIP_MODEL_DIR": f"{root}/model/",
        "AIP_CHECKPOINT_DIR": f"{root}/checkpoints/",
        "AIP_TENSORBOARD_LOG_DIR": f"{root}/logs/",
    }


def _cluster(place: ReplicaPlace) -> dict[str, str]:
    """Return the variables of distributed training, `CLUSTER_SPEC` and `TF_CONFIG`.

    https://cloud.google.com/vertex-ai/docs/training/distributed-training#cluster-spec-format
    """
    cluster = {f"workerpool{number}": list(hosts) for number, hosts in place.addresses.items()}
    task = {"type": f"workerpool{place.pool}", "index": place.index, "trial": place.trial_id}
    found = {"CLUSTER_SPEC": json.dumps({"cluster": cluster, "environment": "cloud", "task": task, "job": "{}"})}
    roles = {f"workerpool{number}": role for number, role in enumerate(("chief", "worker", "ps", "evaluator"))}
    tf_cluster = {roles[name]: hosts for name, hosts in cluster.items()}
    tf_task = {"type": roles[f"workerpool{place.pool}"], "index": place.index}
    found["TF_CONFIG"] = json.dumps({"cluster": tf_cluster, "environment": "cloud", "task": tf_task})
    return found
