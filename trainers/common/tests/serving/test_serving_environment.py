"""Reading the variables of a prediction service."""

import pytest
from trainer_common.failures import UserError
from trainer_common.serving.environment import read_serving_environment


def test_a_server_has_defaults_for_everything_but_the_model() -> None:
    environment = read_serving_environment({"AIP_STORAGE_URI": ""})
    assert (environment.storage_uri, environment.port) == (None, 8080)
    assert (environment.predict_route, environment.health_route) == ("/predict", "/health")


@pytest.mark.parametrize(
    ("variables", "host"),
    [({}, "localhost"), ({"AIP_HTTP_PORT": "8080"}, "localhost"), ({"UVICORN_HOST": "0.0.0.0"}, "0.0.0.0")],
)
def test_a_server_listens_on_loopback_unless_it_is_given_an_address(variables: dict[str, str], host: str) -> None:
    assert read_serving_environment(variables).host == host


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"AIP_HTTP_PORT": "http"}, "AIP_HTTP_PORT: expected a port, 1 to 65535, found 'http'"),
        ({"AIP_HTTP_PORT": "65536"}, "AIP_HTTP_PORT: expected a port"),
        ({"AIP_PREDICT_ROUTE": "predict"}, "AIP_PREDICT_ROUTE: expected a path that starts with a slash"),
    ],
)
def test_an_invalid_port_or_route_is_a_user_error(variables: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_serving_environment(variables)
