"""Which prebuilt image runs a package of a v1 runtime."""

import pytest

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.runtimes import executor_image
from timberline.run.errors import AiPlatformError


def _image(runtime: str, python: str | None = "3.10", *, gpu: bool = False, region: str | None = "us-east1") -> str:
    return executor_image(runtime, python, gpu=gpu, region=region, notes=Notes())


def test_a_runtime_that_has_its_own_image_gets_it() -> None:
    assert _image("2.16") == "us-docker.pkg.dev/vertex-ai/training/tf-cpu.2-16.py310:latest"


@pytest.mark.parametrize("runtime", ["2.1", "2.11", "2.11.0"])
def test_an_older_runtime_gets_the_newest_image(runtime: str) -> None:
    assert "tf-cpu.2-17.py310" in _image(runtime)


def test_machines_with_gpus_get_an_image_for_them() -> None:
    assert "tf-gpu.2-17.py310" in _image("2.11", gpu=True)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("europe-west4", "europe"),
        ("asia-east1", "asia"),
        ("us-central1", "us"),
        ("southamerica-east1", "us"),
        (None, "us"),
    ],
)
def test_the_image_comes_from_near_the_region(region: str | None, host: str) -> None:
    assert _image("2.11", region=region).startswith(f"{host}-docker.pkg.dev/")


def test_the_substitution_is_noted() -> None:
    notes = Notes()
    image = executor_image("2.11", "3.10", gpu=False, region=None, notes=notes)
    (note,) = notes
    assert note.field == "trainingInput.runtimeVersion"
    assert image in note.text


@pytest.mark.parametrize(
    ("runtime", "python", "field"),
    [
        ("1.15", "3.7", "runtimeVersion"),
        ("1.4", "2.7", "runtimeVersion"),
        ("2.1", "2.7", "pythonVersion"),
        ("2.1", "3.5", "pythonVersion"),
        ("2.11", "3.7", "pythonVersion"),
        ("2.11", None, "pythonVersion"),
    ],
)
def test_what_no_image_replaces_is_refused_with_the_way_out(runtime: str, python: str | None, field: str) -> None:
    with pytest.raises(AiPlatformError, match=rf"^trainingInput\.{field}: .*--executor-image-uri"):
        _image(runtime, python)


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(AiPlatformError, match="found 'HEAD'"):
        _image("HEAD")
