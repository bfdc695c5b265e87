"""The README names images and variables; this holds it to the code. Methods: test_coverage.py."""

import re
from pathlib import Path

import pytest

import localgcp
from localgcp.core.http.environment import client_environment
from localgcp.processes.images.prebuilt import makeable_images

_PATH = Path(localgcp.__file__).with_name("README.md")
README = _PATH.read_text("utf-8")


@pytest.mark.parametrize("use", ["training", "prediction"])
def test_images_in_the_readme_are_those_that_can_be_made(use: str) -> None:
    assert re.findall(rf"`([\w./-]+/vertex-ai/{use}/[\w.-]+:latest)`", README) == makeable_images(use)


@pytest.mark.parametrize("name", client_environment(1, "p"))
def test_every_variable_for_clients_is_in_the_readme(name: str) -> None:
    # A row may hold several of one prefix: the later ones by their last word.
    assert f"`{name}`" in README or f"`_{name.rpartition('_')[2]}`" in README
