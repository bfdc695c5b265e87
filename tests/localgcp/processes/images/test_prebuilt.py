"""Public images by name."""

from pathlib import Path

import pytest

from localgcp.processes.images.prebuilt import find_public_image, prebuilt_use


@pytest.mark.parametrize(
    ("uri", "version"),
    [
        ("python:3.11", "3.11"),
        ("python:3.12.4-slim-bookworm", "3.12"),
        ("docker.io/library/python:3.10-slim", "3.10"),
        ("us-docker.pkg.dev/vertex-ai/training/xgboost-cpu.2-1:latest", "3.10"),
        ("europe-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6.py310:latest", "3.10"),
        ("gcr.io/cloud-aiplatform/training/xgboost-cpu.1-6:latest", "3.10"),
        ("asia-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-0:latest", "3.10"),
    ],
)
def test_known_image_says_its_python(uri: str, version: str) -> None:
    image = find_public_image(uri)
    assert image is not None
    assert image.python == version


@pytest.mark.parametrize(
    "uri", ["python", "python:latest", "python:2.7", "mypython:3.11", "gcr.io/p/python:3.11", "debian:12"]
)
def test_other_image_is_not_public(uri: str) -> None:
    assert find_public_image(uri) is None


def test_unsupported_training_image_is_recognised() -> None:
    uri = "us-docker.pkg.dev/vertex-ai/training/tf-gpu.2-14.py310:latest"
    assert find_public_image(uri) is None
    assert prebuilt_use(uri) == "training"


def test_prediction_image_has_the_packages_of_the_training_image_and_starts_a_server() -> None:
    trained, serving = (
        find_public_image(f"us-docker.pkg.dev/vertex-ai/{use}/xgboost-cpu.2-1:latest")
        for use in ("training", "prediction")
    )
    assert trained is not None
    assert serving is not None
    assert serving.requirements == trained.requirements
    assert serving.cmd[-1] == "xgboost"
    assert Path(serving.cmd[1]).is_file()
