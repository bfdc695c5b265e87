"""The public images that need no build: stock Python, and Google's prebuilt containers for training and prediction.

The packages are those of https://cloud.google.com/vertex-ai/docs/training/pre-built-containers that training code uses.
Other prebuilt images are recognised by their names, so that the refusal can say what they are.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

_PYTHON = re.compile(
    r"(?:(?:docker\.io/|index\.docker\.io/|mirror\.gcr\.io/)?(?:library/)?)python:(?P<version>3\.\d+)(?:\.\d+)?(?:-[a-z0-9.-]+)?"
)
_PREBUILT = re.compile(
    r"(?:(?:us|europe|asia)-docker\.pkg\.dev/vertex-ai|gcr\.io/cloud-aiplatform)/"
    r"(?P<use>training|prediction)/(?P<name>[a-z0-9.-]+?)(?:\.py3\d+)?:latest"
)
_PREDICTION_SERVER = Path(__file__).with_name("prediction_server.py")

_SHARED_2025 = (
    "numpy==1.26.4", "pandas==2.2.3", "scipy==1.15.2", "scikit-learn==1.6.1", "joblib==1.4.2", "requests==2.32.3",
    "google-cloud-bigquery==3.29.0", "google-cloud-storage==2.19.0", "cloudml-hypertune", "pyarrow", "gcsfs",
)  # fmt: skip
_SHARED_2022 = (
    "numpy<2", "pandas<2", "scipy<1.11", "scikit-learn==1.0.2", "joblib", "requests", "google-cloud-bigquery",
    "google-cloud-storage<3", "cloudml-hypertune", "pyarrow", "gcsfs",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicImage:
    """A public image for which localgcp creates an environment.

    Attributes:
        python: the version of Python in the image.
        requirements: the packages to install.
        cmd: the command that starts by default.
    """

    python: str
    requirements: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ("python",)


_TRAINING_IMAGES: dict[str, PublicImage] = {
    "xgboost-cpu.2-1": PublicImage(python="3.10", requirements=("xgboost-cpu==2.1.3", *_SHARED_2025)),
    "xgboost-cpu.1-6": PublicImage(python="3.10", requirements=("xgboost==1.6.2", *_SHARED_2022)),
    "sklearn-cpu.1-6": PublicImage(python="3.10", requirements=("xgboost-cpu==2.1.3", *_SHARED_2025)),
    "sklearn-cpu.1-0": PublicImage(python="3.10", requirements=("xgboost==1.6.2", *_SHARED_2022)),
}


# The same environments as for training, so that a model is read by the library versions that wrote it.
_PREDICTION_IMAGES = {
    name: replace(image, cmd=("python", str(_PREDICTION_SERVER), name.partition("-")[0]))
    for name, image in _TRAINING_IMAGES.items()
}

_PREBUILT_IMAGES = {"training": _TRAINING_IMAGES, "prediction": _PREDICTION_IMAGES}


def find_public_image(uri: str) -> PublicImage | None:
    """Return the public image of that name, or None if it is not public or localgcp cannot create it."""
    if found := _PYTHON.fullmatch(uri):
        return PublicImage(python=found["version"])
    found = _PREBUILT.fullmatch(uri)
    return _PREBUILT_IMAGES[found["use"]].get(found["name"]) if found else None


def prebuilt_use(uri: str) -> str:
    """Return `training` or `prediction` for a prebuilt container of Google; empty for any other name."""
    found = _PREBUILT.fullmatch(uri)
    return found["use"] if found else ""


def makeable_images(use: str) -> list[str]:
    """Return the names of the prebuilt containers for a use that localgcp can create."""
    return [f"us-docker.pkg.dev/vertex-ai/{use}/{name}:latest" for name in _PREBUILT_IMAGES[use]]
