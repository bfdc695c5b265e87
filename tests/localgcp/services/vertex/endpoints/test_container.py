"""The command line and the variables of a model's container."""

from pathlib import Path
from typing import Any

import pytest

from localgcp.processes.images.resources import Environment, Startup
from localgcp.services.vertex.endpoints.container import Container, ServingPlace, expand

PLACE = ServingPlace(endpoint_id="e", deployed_model_id="7", project="p")
IMAGE = Environment(key="k", python=Path("/env/bin/python"), startup=Startup(entrypoint=("serve",), cmd=("--fast",)))


def container(**spec: Any) -> Container:
    return Container.from_json({"imageUri": "image", **spec}, PLACE)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)/$(B)", "1/2"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(A)", "$(A)"),
        ("$A ${A}", "$A ${A}"),
    ],
)
def test_references_are_those_of_kubernetes(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expanded


@pytest.mark.parametrize(
    ("spec", "argv"),
    [
        ({}, ("serve", "--fast")),
        ({"args": ["--slow"]}, ("serve", "--slow")),
        ({"command": ["other"]}, ("other",)),
        ({"command": ["other"], "args": ["$(AIP_HTTP_PORT)"]}, ("other", "8000")),
    ],
)
def test_command_and_args_replace_those_of_the_image(spec: dict[str, Any], argv: tuple[str, ...]) -> None:
    found = container(**spec)
    assert found.argv(IMAGE, found.variables(8000)) == argv


def test_variable_refers_to_the_ones_before_it() -> None:
    env = [{"name": "A", "value": "$(B)"}, {"name": "B", "value": "x"}, {"name": "C", "value": "$(B)y"}]
    found = container(env=env).variables(1)
    assert (found["A"], found["C"]) == ("$(B)", "xy")


def test_model_without_artifacts_has_an_empty_storage_uri() -> None:
    assert container().variables(1)["AIP_STORAGE_URI"] == ""


def test_deployment_timeout_is_read_from_the_spec() -> None:
    assert container(deploymentTimeout="90s").timeout_s == 90
    assert container().timeout_s is None
