"""Resource names, taken apart."""

import pytest

from localgcp.core.http.errors import ApiError
from localgcp.services.artifactregistry.resources import Name

ROOT = "projects/p/locations/europe-west1/repositories/r"


def test_package_with_slash_is_found_escaped_or_not() -> None:
    names = [Name.parse(f"{ROOT}/packages/{package}/tags/t") for package in ("team/image", "team%2Fimage")]
    assert names[0] == names[1]
    assert names[0].host_path == "europe-west1-docker.pkg.dev/p/r/team/image"
    assert names[0].package_name == f"{ROOT}/packages/team%2Fimage"


def test_docker_image_has_package_and_digest() -> None:
    found = Name.parse(f"{ROOT}/dockerImages/image@sha256:abc")
    assert (found.package, found.digest) == ("image", "sha256:abc")


def test_other_text_is_refused() -> None:
    with pytest.raises(ApiError, match="not the name"):
        Name.parse("repositories/r")
