"""The repository whose images are looked at."""

import pytest

from timberline.hooks.leftover_images import repository_name
from timberline.run.errors import SettingsError


def test_an_image_repository_has_a_resource_name() -> None:
    assert repository_name("europe-west1-docker.pkg.dev/p/r") == "projects/p/locations/europe-west1/repositories/r"


@pytest.mark.parametrize("text", ["gcr.io/p/r", "europe-west1-docker.pkg.dev/p", ""])
def test_another_registry_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="check TIMBERLINE_IMAGE_REPOSITORY"):
        repository_name(text)
