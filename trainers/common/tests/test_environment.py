"""Rules of reading the environment."""

import pytest
from trainer_common.environment import artifact_uri, read_environment
from trainer_common.failures import UserError


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_environment({"AIP_MODEL_DIR": ""}).model_dir is None


def test_the_environment_is_read_when_asked_not_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "7")
    assert read_environment().trial_id == "7"


def test_job_dir_wins_over_the_environment() -> None:
    environment = read_environment({"AIP_MODEL_DIR": "gs://bucket/from-service"})
    assert artifact_uri("gs://bucket/from-flag/", environment) == "gs://bucket/from-flag"
    assert artifact_uri(None, environment) == "gs://bucket/from-service"


def test_no_place_for_artefacts_names_both_ways_to_give_one() -> None:
    with pytest.raises(UserError, match=r"--job-dir.*AIP_MODEL_DIR"):
        artifact_uri(None, read_environment({}))


def test_the_variable_of_the_storage_library_wins_over_the_python_clients() -> None:
    variables = {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:1", "CLOUD_STORAGE_EMULATOR_ENDPOINT": "http://127.0.0.1:2"}
    assert read_environment(variables).storage_endpoint == "http://127.0.0.1:2"
