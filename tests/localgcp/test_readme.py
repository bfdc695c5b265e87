"""The README says which methods there are; this holds it to the code."""

import re
from pathlib import Path

import pytest

import localgcp
from localgcp.environment import client_environment
from localgcp.images.prebuilt import makeable_images
from localgcp.routing import Service
from localgcp.server import Server
from localgcp.settings import Settings

_PATH = Path(localgcp.__file__).with_name("README.md")
README = _PATH.read_text("utf-8")
# A method has a resource and a verb behind its API: `bigquery.projects` is none.
_METHOD = re.compile(r"`((?:aiplatform|artifactregistry|bigquery|cloudbuild|storage)(?:\.\w+){2,})`")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> list[Service]:
    server = Server(Settings(state_dir=tmp_path_factory.mktemp("state")))
    server.stop()
    return server.application.services


def test_every_served_method_is_in_the_readme_and_no_other(services: list[Service]) -> None:
    served = {name for service in services for name in service.handlers}
    named = set(_METHOD.findall(README)) | ({"storage.batch"} if "`storage.batch`" in README else set())
    assert named == served


@pytest.mark.parametrize("use", ["training", "prediction"])
def test_images_in_the_readme_are_those_that_can_be_made(use: str) -> None:
    assert re.findall(rf"`([\w./-]+/vertex-ai/{use}/[\w.-]+:latest)`", README) == makeable_images(use)


@pytest.mark.parametrize("name", client_environment(1, "p"))
def test_every_variable_for_clients_is_in_the_readme(name: str) -> None:
    # A row may hold several of one prefix: the later ones by their last word.
    assert f"`{name}`" in README or f"`_{name.rpartition('_')[2]}`" in README
