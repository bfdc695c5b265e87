"""Finds the prebuilt Vertex AI image that runs Python packages of a v1 runtime version. Pure."""

import re

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.registries import prebuilt_registry
from timberline.run.errors import AiPlatformError

# https://cloud.google.com/vertex-ai/docs/training/pre-built-containers: those that get patches, or got them last.
_IMAGES = {"2.16": "tf-{device}.2-16.py310", "2.17": "tf-{device}.2-17.py310"}
_NEWEST = "2.17"
_PYTHON = "3.10"
_RUNTIME = re.compile(r"(\d+)\.(\d+)(\.\d+)?")
_RUNTIME_PATH, _PYTHON_PATH = "trainingInput.runtimeVersion", "trainingInput.pythonVersion"
_ESCAPE = "give an image that has what the package needs as executor_image_uri (--executor-image-uri)"


def executor_image(runtime: str, python: str | None, *, gpu: bool, region: str | None, notes: Notes) -> str:
    """Return the prebuilt image that runs packages of a runtime version.

    Args:
        runtime: v1's runtime version, which is TensorFlow's.
        python: v1's Python version.
        gpu: whether the machine has GPUs.
        region: the region of the job; the nearest registry is used.
        notes: receives a note about the image.

    Raises:
        AiPlatformError: no published prebuilt image replaces the runtime version.
    """
    match = _RUNTIME.fullmatch(runtime)
    if match is None:
        raise AiPlatformError(f"{_RUNTIME_PATH}: expected a version as in '2.11', found {runtime!r}")
    if int(match[1]) < 2:
        raise AiPlatformError(
            f"{_RUNTIME_PATH}: expected 2.1 or later, found {runtime}: no prebuilt image has TensorFlow 1 any more; "
            f"{_ESCAPE}"
        )
    if python != _PYTHON:
        raise AiPlatformError(
            f"{_PYTHON_PATH}: expected '{_PYTHON}', which all prebuilt images have, found {python or 'none'}; "
            f"{_ESCAPE}, or set it to '{_PYTHON}' once the package runs there"
        )
    version = f"{match[1]}.{match[2]}"
    target = version if version in _IMAGES else _NEWEST
    name = _IMAGES[target].format(device="gpu" if gpu else "cpu")
    image = f"{prebuilt_registry(region, 'training')}/{name}:latest"
    notes.substitute(
        _RUNTIME_PATH,
        f"{runtime} -> {image}, TensorFlow {target} on Python {_PYTHON}; for scikit-learn or XGBoost {_ESCAPE}",
    )
    return image
