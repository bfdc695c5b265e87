"""A v1 config file as the jobs that a job file has: what they cost, and what is compared."""

import copy
from typing import Any

import pytest

from tests.plugins.timberline.ai_platform import training_bodies
from timberline.ai_platform.translate.job_specs import IMAGE, job_specs
from timberline.run.errors import AiPlatformError
from timberline.spec.decoding import decode
from timberline.spec.jobspecs import CustomJobSpec, TuningSpec

_STUDY = {"hyperparameterMetricTag": "accuracy", "maxTrials": 4, "maxParallelTrials": 2, "maxFailedTrials": 1}


def _config(**fields: Any) -> dict[str, Any]:
    """Return a config file's content without an image, with fields of `trainingInput` added; None removes one."""
    search = {**_STUDY, "params": [training_bodies.DOUBLE]}
    training = {"scaleTier": "BASIC", "scheduling": {"maxRunningTime": "3600s"}, "hyperparameters": search, **fields}
    return {"trainingInput": {key: value for key, value in training.items() if value is not None}}


def _read(config: Any) -> tuple[TuningSpec, CustomJobSpec]:
    specs = job_specs(config)
    return decode(TuningSpec, specs["tuning"], "tuning"), decode(CustomJobSpec, specs["training"], "training")


def test_the_search_is_the_tuning_job() -> None:
    tuning, _ = _read(_config())
    assert (tuning.max_trial_count, tuning.parallel_trial_count, tuning.max_failed_trial_count) == (4, 2, 1)
    assert [metric.metric_id for metric in tuning.study_spec.metrics] == ["accuracy"]
    assert tuning.trial_job_spec.timeout_s == 3600


def test_the_training_job_is_the_same_without_the_search() -> None:
    tuning, training = _read(_config())
    assert training == tuning.trial_job_spec


def test_a_file_without_an_image_runs_the_trainers() -> None:
    _, training = _read(_config())
    assert training.worker_pool_specs[0].container_spec.image_uri == IMAGE


def test_an_image_of_the_file_stays() -> None:
    _, training = _read(_config(masterConfig={"imageUri": "gcr.io/p/i:1"}))
    assert training.worker_pool_specs[0].container_spec.image_uri == "gcr.io/p/i:1"


def test_a_package_costs_what_its_machine_costs() -> None:
    package = {
        "packageUris": ["gs://b/p.tar.gz"],
        "pythonModule": "trainer.task",
        "runtimeVersion": "2.11",
        "pythonVersion": "3.10",
    }
    _, training = _read(_config(**package))
    (pool,) = training.worker_pool_specs
    assert pool.machine_spec.machine_type == "n1-standard-4"
    assert "docker.pkg.dev/vertex-ai/training/" in pool.container_spec.image_uri


def test_every_pool_counts_and_an_empty_place_does_not() -> None:
    cluster = {
        "scaleTier": "CUSTOM",
        "masterType": "n1-standard-4",
        "parameterServerType": "n1-highmem-8",
        "parameterServerCount": "2",
    }
    _, training = _read(_config(**cluster))
    found = [(pool.machine_spec.machine_type, pool.replica_count) for pool in training.worker_pool_specs]
    assert found == [("n1-standard-4", 1), ("n1-highmem-8", 2)]


def test_disks_and_accelerators_and_accounts_are_kept() -> None:
    master = {
        "diskConfig": {"bootDiskSizeGb": 200},
        "acceleratorConfig": {"type": "NVIDIA_TESLA_T4", "count": "1"},
    }
    account = "trainer@p.iam.gserviceaccount.com"
    _, training = _read(
        _config(scaleTier="CUSTOM", masterType="n1-standard-8", masterConfig=master, serviceAccount=account)
    )
    (pool,) = training.worker_pool_specs
    assert (pool.machine_spec.accelerator_type, pool.machine_spec.accelerator_count) == ("NVIDIA_TESLA_T4", 1)
    assert pool.disk_spec is not None
    assert pool.disk_spec.boot_disk_size_gb == 200
    assert training.service_account == account


def test_the_config_stays_as_it_is() -> None:
    config = _config()
    before = copy.deepcopy(config)
    job_specs(config)
    assert config == before


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, "trainingInput.hyperparameters: expected a search space, found none"),
        ({"trainingInput": None}, "trainingInput.hyperparameters: expected a search space, found none"),
        (_config(hyperparameters=None), "trainingInput.hyperparameters: expected a search space, found none"),
        ({"trainingInput": {"hyperparameters": {}, "masterConfig": None}}, "trainingInput.masterConfig: expected"),
        (_config(scheduling=None), "trainingInput.scheduling.maxRunningTime: expected a limit .* found none; add it"),
        (_config(masterConfig="image"), "trainingInput.masterConfig: expected"),
        (_config(hyperparameters={"params": []}), "trainingInput.hyperparameters.params: expected at least one"),
        (_config(hyperparameters={"paramz": []}), "trainingInput.hyperparameters.paramz: .*did you mean 'params'"),
        (_config(scaleTeir="BASIC"), "trainingInput.scaleTeir: .*did you mean 'scaleTier'"),
    ],
)
def test_a_file_that_is_wrong_is_one_message(config: Any, words: str) -> None:
    with pytest.raises(AiPlatformError, match=words):
        job_specs(config)
