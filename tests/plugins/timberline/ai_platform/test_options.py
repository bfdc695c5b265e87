"""The command line's options win over the file."""

import dataclasses
from types import MappingProxyType
from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.training_bodies import container, custom, package
from timberline.ai_platform.options import TrainingOptions, with_options
from timberline.run.errors import AiPlatformError

_VALUES: dict[str, tuple[Any, str]] = {
    "job_id": ("job_2", "jobId"),
    "labels": ({"a": "b"}, "labels"),
    "args": (["--b"], "trainingInput.args"),
    "job_dir": ("gs://bucket/2", "trainingInput.jobDir"),
    "region": ("europe-west1", "trainingInput.region"),
    "scale_tier": ("CUSTOM", "trainingInput.scaleTier"),
    "master_machine_type": ("n1-standard-8", "trainingInput.masterType"),
    "master_image_uri": ("image:2", "trainingInput.masterConfig.imageUri"),
    "worker_machine_type": ("n1-standard-8", "trainingInput.workerType"),
    "worker_count": (3, "trainingInput.workerCount"),
    "worker_image_uri": ("image:3", "trainingInput.workerConfig.imageUri"),
    "parameter_server_machine_type": ("n1-standard-8", "trainingInput.parameterServerType"),
    "parameter_server_count": (3, "trainingInput.parameterServerCount"),
    "parameter_server_image_uri": ("image:4", "trainingInput.parameterServerConfig.imageUri"),
    "module_name": ("trainer.other", "trainingInput.pythonModule"),
    "package_uris": (["gs://bucket/2.tar.gz"], "trainingInput.packageUris"),
    "runtime_version": ("2.10", "trainingInput.runtimeVersion"),
    "python_version": ("3.9", "trainingInput.pythonVersion"),
    "service_account": ("a@b", "trainingInput.serviceAccount"),
    "network": ("projects/1/global/networks/n", "trainingInput.network"),
    "kms_key": ("key", "trainingInput.encryptionConfig.kmsKeyName"),
    "enable_web_access": (True, "trainingInput.enableWebAccess"),
    "use_chief_in_tf_config": (False, "trainingInput.useChiefInTfConfig"),
}


def _at(body: Any, path: str) -> Any:
    for key in path.split("."):
        body = body[key]
    return body


def test_every_option_of_gcloud_has_a_place() -> None:
    assert {field.name for field in dataclasses.fields(TrainingOptions)} - {"executor_image_uri"} == set(_VALUES)


@pytest.mark.parametrize("name", _VALUES)
def test_an_option_stands_where_v1_had_it(name: str) -> None:
    value, path = _VALUES[name]
    assert _at(with_options(container(), TrainingOptions(**{name: value})), path) == value


@pytest.mark.parametrize("job", [container(args=["--a"]), custom(), package(args=["--a"])])
def test_without_options_a_job_is_what_it_is(job: dict[str, Any]) -> None:
    assert with_options(job, TrainingOptions()) == job


def test_arguments_replace_those_of_the_file_even_by_none() -> None:
    assert with_options(container(args=["--a"]), TrainingOptions(args=()))["trainingInput"]["args"] == []


def test_a_tier_may_be_written_as_gcloud_does() -> None:
    assert (
        with_options(container(), TrainingOptions(scale_tier="basic-gpu"))["trainingInput"]["scaleTier"] == "BASIC_GPU"
    )


def test_what_it_is_given_stays_as_it_is() -> None:
    job = container()
    with_options(job, TrainingOptions(master_image_uri="other", region="europe-west1"))
    assert job == container()


def test_any_mapping_will_do() -> None:
    job = MappingProxyType(
        {key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in container().items()}
    )
    assert with_options(job, TrainingOptions(region="europe-west1"))["trainingInput"]["region"] == "europe-west1"


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (None, r"^the job: expected a mapping with trainingInput, found None$"),
        ([], r"^the job: expected a mapping with trainingInput, found \[\]$"),
        ({}, r"^trainingInput: expected a mapping, found none; "),
        ({"labels": {}}, r"^trainingInput: expected a mapping, found none; "),
        ({"trainingInput": None}, r"^trainingInput: expected a mapping, found none$"),
        ({"scaleTier": "BASIC"}, r"^scaleTier: is at the top level; move it and its siblings below trainingInput$"),
        ({"trainingInputs": {}}, r"^trainingInputs: unknown key; did you mean 'trainingInput'\?$"),
        ({"predictionInput": {}}, r"^predictionInput: expected a training job, found a prediction job$"),
    ],
)
def test_what_is_no_training_job_is_refused(job: object, message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        with_options(job, TrainingOptions())


def test_an_option_of_a_wrong_value_is_refused_where_it_stands() -> None:
    with pytest.raises(
        AiPlatformError, match=r"^trainingInput\.scaleTier: unknown value 'BASICS'; did you mean 'BASIC'"
    ):
        with_options(container(), TrainingOptions(scale_tier="basics"))
