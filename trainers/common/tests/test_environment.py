"""Rules of reading the environment."""

import pytest
from trainer_common.environment import artifact_uri, read_environment, read_serving_environment
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


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"AIP_HTTP_PORT": "8080"}, "0.0.0.0"),
        ({"AIP_HTTP_PORT": "8080", "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1"}, "127.0.0.1"),
        ({}, "127.0.0.1"),
    ],
)
def test_a_server_listens_on_all_addresses_in_a_container_of_the_service_alone(
    variables: dict[str, str], host: str
) -> None:
    assert read_serving_environment(variables).host == host


def test_a_server_has_defaults_for_everything_but_the_model() -> None:
    environment = read_serving_environment({"AIP_STORAGE_URI": ""})
    assert (environment.storage_uri, environment.port) == (None, 8080)
    assert (environment.predict_route, environment.health_route) == ("/predict", "/health")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"AIP_HTTP_PORT": "http"}, "AIP_HTTP_PORT: expected a port, 1 to 65535, found 'http'"),
        ({"AIP_HTTP_PORT": "65536"}, "AIP_HTTP_PORT: expected a port"),
        ({"AIP_PREDICT_ROUTE": "predict"}, "AIP_PREDICT_ROUTE: expected a path that starts with a slash"),
    ],
)
def test_a_port_or_route_that_is_none_is_a_user_error(variables: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_serving_environment(variables)
