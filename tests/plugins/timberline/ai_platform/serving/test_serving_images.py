"""Prebuilt images for v1's runtime versions."""

import pytest

from timberline.ai_platform.notes import NoteKind, Notes
from timberline.ai_platform.serving.artifacts import Framework
from timberline.ai_platform.serving.serving_images import check_python, latest_runtime, serving_image
from timberline.run.errors import AiPlatformError

_PATH = "version.runtimeVersion"
_RUNTIMES = [*(f"1.{minor}" for minor in range(16)), *(f"2.{minor}" for minor in range(1, 12))]


def _image(framework: Framework, runtime: str, **more: object) -> tuple[str, list[NoteKind]]:
    notes = Notes()
    uri = serving_image(framework, runtime, path=_PATH, notes=notes, **more)  # type: ignore[arg-type]
    assert {note.field for note in notes} == {_PATH}
    return uri.partition("/prediction/")[2], [note.kind for note in notes]


@pytest.mark.parametrize(
    ("framework", "runtime", "image"),
    [
        (Framework.SCIKIT_LEARN, "1.15", "sklearn-cpu.1-6:latest"),
        (Framework.SCIKIT_LEARN, "2.6", "sklearn-cpu.1-6:latest"),
        (Framework.SCIKIT_LEARN, "2.7", "sklearn-cpu.1-0:latest"),
        (Framework.SCIKIT_LEARN, "2.11", "sklearn-cpu.1-0:latest"),
        (Framework.XGBOOST, "1.15", "xgboost-cpu.2-1:latest"),
        (Framework.XGBOOST, "2.8", "xgboost-cpu.2-1:latest"),
        (Framework.XGBOOST, "2.10", "xgboost-cpu.1-6:latest"),
        (Framework.TENSORFLOW, "2.1", "tf2-cpu.2-15:latest"),
        (Framework.TENSORFLOW, latest_runtime(), "tf2-cpu.2-15:latest"),
    ],
)
def test_a_runtime_version_has_its_image(framework: Framework, runtime: str, image: str) -> None:
    assert _image(framework, runtime)[0] == image


@pytest.mark.parametrize("framework", [Framework.SCIKIT_LEARN, Framework.XGBOOST])
@pytest.mark.parametrize("runtime", _RUNTIMES)
def test_who_has_to_save_a_model_again_is_warned(framework: Framework, runtime: str) -> None:
    image, kinds = _image(framework, runtime)
    newest = image in ("sklearn-cpu.1-6:latest", "xgboost-cpu.2-1:latest")
    assert kinds == [NoteKind.SUBSTITUTION, NoteKind.WARNING] if newest else kinds == [NoteKind.SUBSTITUTION]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-central1", "us"),
        ("europe-west4", "europe"),
        ("asia-east1", "asia"),
        ("australia-southeast1", "asia"),
        ("", "us"),
    ],
)
def test_the_image_comes_from_near(region: str, host: str) -> None:
    uri = serving_image(Framework.XGBOOST, "2.11", path=_PATH, notes=Notes(), region=region)
    assert uri == f"{host}-docker.pkg.dev/vertex-ai/prediction/xgboost-cpu.1-6:latest"


def test_tensorflow_has_an_image_for_gpus() -> None:
    assert _image(Framework.TENSORFLOW, "2.8", gpu=True)[0] == "tf2-gpu.2-15:latest"


def test_gpus_that_an_image_does_not_use_are_a_warning() -> None:
    image, kinds = _image(Framework.SCIKIT_LEARN, "2.11", gpu=True)
    assert image == "sklearn-cpu.1-0:latest"
    assert NoteKind.WARNING in kinds


@pytest.mark.parametrize("runtime", ["1.0", "1.15"])
def test_tensorflow_1_is_refused_with_advice(runtime: str) -> None:
    with pytest.raises(
        AiPlatformError, match=rf"^{_PATH}: .* found {runtime}: .*; save the model with TensorFlow 2, or"
    ):
        _image(Framework.TENSORFLOW, runtime)


@pytest.mark.parametrize("runtime", ["1.16", "2.0", "2.12", "3.1", "2", "2.11.0", "latest", "2.\u0661"])
def test_a_runtime_that_v1_did_not_have_is_refused(runtime: str) -> None:
    with pytest.raises(AiPlatformError, match=rf"^{_PATH}: expected a runtime version of v1"):
        _image(Framework.SCIKIT_LEARN, runtime)


@pytest.mark.parametrize("python", [None, "3.5", "3.7"])
def test_models_of_python_3_can_be_served(python: str | None) -> None:
    check_python(python, "version.pythonVersion")


@pytest.mark.parametrize("python", ["2.7", "3.10", "x"])
def test_other_pythons_are_refused(python: str) -> None:
    with pytest.raises(
        AiPlatformError, match=rf"^version\.pythonVersion: expected one of 3\.5, 3\.7, found '{python}'"
    ):
        check_python(python, "version.pythonVersion")
