"""Resource names of Artifact Registry."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.artifactregistry.resources import RegistryName

ROOT = "projects/p/locations/europe-west1/repositories/r"


def test_slashes_of_a_package_may_be_escaped() -> None:
    names = [RegistryName.parse(f"{ROOT}/packages/{package}/tags/t") for package in ("team/image", "team%2Fimage")]
    assert names[0] == names[1]
    assert names[0].host_path == "europe-west1-docker.pkg.dev/p/r/team/image"
    assert names[0].package_name == f"{ROOT}/packages/team%2Fimage"


def test_name_of_a_docker_image_has_package_and_digest() -> None:
    found = RegistryName.parse(f"{ROOT}/dockerImages/image@sha256:abc")
    assert (found.package, found.digest) == ("image", "sha256:abc")


def test_text_that_is_not_a_resource_name_is_refused() -> None:
    with pytest.raises(ApiError, match="not the name"):
        RegistryName.parse("repositories/r")
