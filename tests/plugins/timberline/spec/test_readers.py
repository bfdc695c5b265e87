"""A job file may name a file in another format, which the format's own package reads."""

from typing import Any

import pytest
import yaml

import timberline.ai_platform.operators  # noqa: F401  registers the reader of v1's config files
from timberline.run.errors import AiPlatformError, InputError, JobFileError
from timberline.spec.decoding import decode
from timberline.spec.jobfile import JobFile
from timberline.spec.jobspecs import CustomJobSpec
from timberline.spec.parsing import parse_job_file
from timberline.spec.placeholders import fill
from timberline.spec.readers import register_reader

_V1 = {
    "trainingInput": {
        "scaleTier": "BASIC",
        "scheduling": {"maxRunningTime": "600s"},
        "hyperparameters": {
            "hyperparameterMetricTag": "accuracy",
            "maxTrials": 3,
            "params": [{"parameterName": "alpha", "type": "DOUBLE", "minValue": 0.1, "maxValue": 1}],
        },
    }
}
_JOB = {
    "workerPoolSpecs": [{"machineSpec": {"machineType": "n1-standard-4"}, "containerSpec": {"imageUri": "image"}}],
    "scheduling": {"timeout": "3600s"},
}


def _parse_v1(config: Any, **keys: Any) -> JobFile:
    asked: list[str] = []

    def read(name: str) -> Any:
        asked.append(name)
        return config

    found = parse_job_file(yaml.safe_dump({"v1Config": "config.yaml", **keys}), "job.yaml", read)
    assert asked == ["config.yaml"]
    return found


def test_the_jobs_may_be_those_of_a_config_file_of_v1() -> None:
    job_file = _parse_v1(_V1, gate={"floor": 0.5})
    assert job_file.tuning_for(None).max_trial_count == 3
    assert (job_file.training.timeout_s, job_file.scoring, job_file.gate.floor) == (600, None, 0.5)
    assert (
        fill(job_file.training, {"image_uri": "image"}, "job.yaml").worker_pool_specs[0].container_spec.image_uri
        == "image"
    )


@pytest.mark.parametrize("key", ["tuning", "training"])
def test_the_jobs_stand_in_one_place(key: str) -> None:
    with pytest.raises(JobFileError, match=f"job.yaml: {key}: expected none beside v1Config, which has it; remove one"):
        parse_job_file(yaml.safe_dump({"v1Config": "config.yaml", key: {}}), "job.yaml", lambda _name: _V1)


def test_what_is_wrong_in_a_config_file_of_v1_is_named_with_that_file() -> None:
    with pytest.raises(AiPlatformError, match=r"^config.yaml: trainingInput.hyperparameters: expected a search space"):
        _parse_v1({"trainingInput": {"scaleTier": "BASIC"}})


def test_any_package_may_register_a_reader_for_a_format_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timberline.spec.readers._readers", {})
    register_reader("machines", lambda document: {"training": document["job"]})
    found = parse_job_file("machines: burst.yaml", "job.yaml", lambda _name: {"job": _JOB})
    assert (found.tuning, found.training) == (None, decode(CustomJobSpec, _JOB, ""))


def test_what_a_reader_refuses_is_named_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(document: object) -> Any:
        raise InputError(f"expected a fleet, found {document!r}")

    monkeypatch.setattr("timberline.spec.readers._readers", {"machines": refuse})
    with pytest.raises(InputError, match=r"^burst.yaml: expected a fleet, found 7$"):
        parse_job_file("machines: burst.yaml", "job.yaml", lambda _name: 7)


def test_without_a_reader_of_v1_its_key_is_unknown() -> None:
    with pytest.raises(JobFileError, match=r"job\.yaml: v1Config: unknown key"):
        parse_job_file("v1Config: config.yaml\n", "job.yaml")


def test_a_file_in_a_format_without_a_reader_says_what_to_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timberline.spec.readers._readers", {})
    with pytest.raises(
        JobFileError, match=r"v1Config: unknown key; .*if jobs.yaml is in a format of its own, import the"
    ):
        parse_job_file("v1Config: jobs.yaml", "job.yaml", lambda _name: _V1)
