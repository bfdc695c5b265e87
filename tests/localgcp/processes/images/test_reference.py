"""Image references and the Artifact Registry names behind them."""

import pytest

from localgcp.processes.images.reference import ImageReference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest"),
    [
        ("python", "python", "latest", ""),
        ("python:3.11-slim", "python", "3.11-slim", ""),
        ("localhost:5000/a/b:c", "localhost:5000/a/b", "c", ""),
        (f"gcr.io/p/i@{DIGEST}", "gcr.io/p/i", "", DIGEST),
        (f"gcr.io/p/i:t@{DIGEST}", "gcr.io/p/i", "t", DIGEST),
    ],
)
def test_reference_is_parsed(text: str, repository: str, tag: str, digest: str) -> None:
    found = ImageReference.parse(text)
    assert (found.repository, found.tag, found.digest) == (repository, tag, digest)


@pytest.mark.parametrize("text", ["", "UPPER/case", "a b", "a:b:c", "gcr.io/p/i@sha256:short", "../x"])
def test_text_other_than_a_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an image reference"):
        ImageReference.parse(text)


def test_package_name_escapes_slashes() -> None:
    found = ImageReference.parse("europe-west1-docker.pkg.dev/p/r/team/image:t")
    assert found.package_name == "projects/p/locations/europe-west1/repositories/r/packages/team%2Fimage"


def test_image_of_another_registry_has_no_package_name() -> None:
    assert ImageReference.parse("gcr.io/p/i").package_name is None
