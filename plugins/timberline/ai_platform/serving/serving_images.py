"""Finds the prebuilt Vertex AI image that serves a v1 framework and runtime version. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.registries import prebuilt_registry
from timberline.ai_platform.serving.artifacts import Framework
from timberline.run.errors import AiPlatformError

_RUNTIME = re.compile(r"(1|2)\.(\d{1,2})", re.ASCII)
_LAST_RUNTIMES = {1: 15, 2: 11}
_PYTHONS = ("3.5", "3.7")
_ESCAPE = "give a container of your own that serves the model as the serving image"


@dataclass(frozen=True, slots=True)
class _Image:
    """A prebuilt image: its name and its framework version."""

    name: str
    version: str
    since: tuple[int, int] = (0, 0)  # the first runtime version that had the same minor version of the framework


# https://cloud.google.com/vertex-ai/docs/predictions/pre-built-containers; what is later in a list is preferred.
_IMAGES: Mapping[Framework, tuple[_Image, ...]] = {
    Framework.TENSORFLOW: (_Image("tf2-{device}.2-15", "2.15"),),
    Framework.SCIKIT_LEARN: (_Image("sklearn-cpu.1-6", "1.6"), _Image("sklearn-cpu.1-0", "1.0", (2, 7))),
    Framework.XGBOOST: (_Image("xgboost-cpu.2-1", "2.1"), _Image("xgboost-cpu.1-6", "1.6", (2, 9))),
}
_NAMES = {
    Framework.TENSORFLOW: "TensorFlow",
    Framework.SCIKIT_LEARN: "scikit-learn",
    Framework.XGBOOST: "XGBoost",
}


def check_python(python: str | None, path: str) -> None:
    """Check that models of a Python version can be served.

    Raises:
        AiPlatformError: the version is Python 2, or AI Platform had no such version.
    """
    if python is not None and python not in _PYTHONS:
        old = ": no image of Vertex AI has Python 2; save the model again with Python 3" if python == "2.7" else ""
        raise AiPlatformError(f"{path}: expected one of {', '.join(_PYTHONS)}, found {python!r}{old}, or {_ESCAPE}")


def serving_image(
    framework: Framework, runtime: str, *, path: str, notes: Notes, gpu: bool = False, region: str = ""
) -> str:
    """Return the prebuilt image that serves a framework's models.

    Args:
        framework: the framework.
        runtime: v1's runtime version, e.g. `1.15`.
        path: the runtime version's path in messages.
        notes: receives a note about the image.
        gpu: whether the machine has GPUs.
        region: the region where the model is served; the nearest registry is used.

    Raises:
        AiPlatformError: AI Platform had no such runtime version, or no image replaces it.
    """
    number = _read_runtime(runtime, path)
    if framework is Framework.TENSORFLOW and number[0] == 1:
        raise AiPlatformError(
            f"{path}: expected 2.1 or later, found {runtime}: no prebuilt image serves models of TensorFlow 1; save "
            f"the model with TensorFlow 2, or {_ESCAPE}"
        )
    image = next(each for each in reversed(_IMAGES[framework]) if number >= each.since)
    uri = f"{prebuilt_registry(region, 'prediction')}/{image.name.format(device='gpu' if gpu else 'cpu')}:latest"
    notes.substitute(path, f"{runtime} -> {uri}, which has {_NAMES[framework]} {image.version}")
    if framework is not Framework.TENSORFLOW:
        _note_what_models_need(framework, image, path, notes, gpu=gpu)
    return uri


def latest_runtime() -> str:
    """Return the newest runtime version of v1."""
    return f"2.{_LAST_RUNTIMES[2]}"


def _note_what_models_need(framework: Framework, image: _Image, path: str, notes: Notes, *, gpu: bool) -> None:
    name = _NAMES[framework]
    if image.since == (0, 0):
        notes.warn(
            path, f"no image has the runtime's {name}: train and save the model again with {name} {image.version}"
        )
    if gpu:
        notes.warn(path, f"the prebuilt image for {name} does not use GPUs; remove acceleratorConfig")


def _read_runtime(runtime: str, path: str) -> tuple[int, int]:
    found = _RUNTIME.fullmatch(runtime)
    number = (int(found[1]), int(found[2])) if found else (0, 0)
    if number == (2, 0) or number[1] > _LAST_RUNTIMES.get(number[0], -1):
        raise AiPlatformError(
            f"{path}: expected a runtime version of v1, 1.0 to 1.15 or 2.1 to 2.11, found {runtime!r}"
        )
    return number
