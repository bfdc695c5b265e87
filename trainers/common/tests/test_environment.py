"""Reading the variables of a training service."""

import pytest
from trainer_common.environment import read_environment


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_environment({"AIP_MODEL_DIR": ""}).model_dir is None


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "7")
    assert read_environment().trial_id == "7"


def test_the_job_has_the_name_of_either_service() -> None:
    assert read_environment({"CLOUD_ML_JOB_ID": "1"}).job == "1"
    assert read_environment({"CLOUD_ML_JOB": "2"}).job == "2"
