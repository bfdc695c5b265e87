"""The overhead of a trial: one that does no work, in a warm and in a cold process."""

import io
import itertools
import statistics
import tarfile
import time
from datetime import datetime
from typing import Any

from bench.cloud import clients
from bench.measure import ROOT, Result
from localgcp.testing.local_cloud import LocalCloud

_IMAGE = "europe-west1-docker.pkg.dev/{project}/bench/noop:1"
_TRIALS = 12
_BUDGET_S = 0.15
_FINAL = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")
# A command that is not plain Python is executed, and so imports everything itself.
_COLD = ["python", "-B", "-m", "trainer.task"]


def _build(cloud: LocalCloud) -> str:
    from google.cloud.devtools import cloudbuild_v1

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(ROOT / "bench" / "noop_trainer", ".")
    clients.storage().bucket(clients.BUCKET).blob("noop.tgz").upload_from_string(packed.getvalue())
    image = _IMAGE.format(project=cloud.project)
    build: dict[str, Any] = {
        "source": {"storage_source": {"bucket": clients.BUCKET, "object_": "noop.tgz"}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}],
        "images": [image],
    }
    builds: Any = cloudbuild_v1.CloudBuildClient(**clients.rest(cloud))
    builds.create_build(project_id=cloud.project, build=build).result(timeout=600)
    return image


def _seconds_per_trial(cloud: LocalCloud, image: str, command: list[str]) -> float:
    """Return the median time from one trial's start to the next one's; the first one waits for the imports."""
    job: dict[str, Any] = {
        "display_name": "noop",
        "max_trial_count": _TRIALS,
        "parallel_trial_count": 1,
        "study_spec": {
            "metrics": [{"metric_id": "score", "goal": "MAXIMIZE"}],
            "parameters": [{"parameter_id": "x", "double_value_spec": {"min_value": 0, "max_value": 1}}],
            "algorithm": "RANDOM_SEARCH",
        },
        "trial_job_spec": {
            "worker_pool_specs": [
                {
                    "machine_spec": {"machine_type": "n1-standard-4"},
                    "replica_count": 1,
                    "container_spec": {"image_uri": image, "command": command},
                }
            ]
        },
    }
    client = clients.jobs(cloud)
    made = client.create_hyperparameter_tuning_job(parent=clients.parent(cloud), hyperparameter_tuning_job=job)
    while (found := client.get_hyperparameter_tuning_job(name=made.name)).state.name not in _FINAL:
        time.sleep(0.1)
    assert found.state.name == "JOB_STATE_SUCCEEDED", found.error
    starts: list[datetime] = sorted(trial.start_time for trial in found.trials)
    return statistics.median((later - earlier).total_seconds() for earlier, later in itertools.pairwise(starts[1:]))


def results(cloud: LocalCloud) -> list[Result]:
    """Measure one job of each kind."""
    image = _build(cloud)
    warm_s, cold_s = (_seconds_per_trial(cloud, image, command) for command in ([], _COLD))
    return [
        Result(
            "localgcp, a trial without work",
            f"warm {warm_s:.3f} s",
            f"cold {cold_s:.3f} s",
            warm_s / cold_s,
            f"at most {_BUDGET_S} s",
            warm_s <= _BUDGET_S,
        )
    ]
