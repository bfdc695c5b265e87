"""The artifacts of model versions, which are copied when a model is uploaded, as on Vertex AI.

So a later deployment finds the uploaded artifacts, even if the folder has changed since.
"""

import re
from typing import Any

from localgcp.core.conventions.errors import failed_precondition
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import ObjectSource, ObjectTarget
from localgcp.services.storage.store import StorageStore

# Google keeps its copies in buckets of this form, in projects of its own.
_BUCKET = "caip-tenant-localgcp"
_PROJECT = "caip-tenant"

_PREDICTION_IMAGE = re.compile(
    r"(?:(?:us|europe|asia)-docker\.pkg\.dev/vertex-ai|gcr\.io/cloud-aiplatform)/prediction/(?P<framework>[a-z]+)"
)
# https://cloud.google.com/vertex-ai/docs/training/exporting-model-artifacts
_MODEL_FILES = {
    "sklearn": ("model.joblib", "model.pkl"),
    "xgboost": ("model.bst", "model.joblib", "model.pkl"),
    "tf": ("saved_model.pb", "saved_model.pbtxt"),
}


class Artifacts:
    """The copies, one folder for each version."""

    def __init__(self, storage: StorageStore) -> None:
        self._storage = storage

    def copy(self, version: dict[str, Any], name: str) -> None:
        """Copy the artifacts of a new version; a version without a folder has none.

        Args:
            version: the Model, with its `artifactUri`.
            name: the version's resource name.

        Raises:
            ApiError: 400 for a folder that is empty, or without a model for its prebuilt container; 404 for its bucket.
        """
        if "artifactUri" not in version:
            return
        bucket, _, folder = version["artifactUri"].removeprefix("gs://").partition("/")
        prefix = f"{folder.rstrip('/')}/" if folder.rstrip("/") else ""
        found = self._objects(bucket, prefix, version["artifactUri"])
        _check_files({item.name.removeprefix(prefix) for item in found}, version)
        if _BUCKET not in [item.name for item in self._storage.buckets.of_project(_PROJECT)]:
            self._storage.create_bucket(_BUCKET, _PROJECT)
        for item in found:
            target = ObjectTarget(bucket=_BUCKET, name=f"{_folder(name)}/{item.name.removeprefix(prefix)}")
            self._storage.copy(ObjectSource(bucket=bucket, name=item.name), target)

    def uri(self, name: str) -> str:
        """Return the folder of a version's copy, `gs://` without a slash at the end."""
        return f"gs://{_BUCKET}/{_folder(name)}"

    def delete(self, name: str) -> None:
        """Delete the copy of a version, if it exists."""
        if self._storage.buckets.of_project(_PROJECT):
            for item in self._storage.list_objects(_BUCKET, f"{_folder(name)}/"):
                self._storage.delete_object(ObjectSource(bucket=_BUCKET, name=item.name))

    def _objects(self, bucket: str, prefix: str, uri: str) -> list[StoredObject]:
        # The console creates a folder as an empty object with the name of the folder.
        found = [item for item in self._storage.list_objects(bucket, prefix) if not item.name.endswith("/")]
        if not found:
            raise failed_precondition(
                f"model.artifact_uri: {uri} is not a folder with objects in it. Name the folder into which the model"
                " was saved, not a file."
            )
        return found


def _folder(name: str) -> str:
    """Return the folder of a version's copy, below the bucket."""
    _, project, _, location, _, model = name.split("/")
    return f"{project}/{location}/{model.replace('@', '/')}/artifacts"


def _check_files(names: set[str], version: dict[str, Any]) -> None:
    image = _PREDICTION_IMAGE.match(version["containerSpec"]["imageUri"])
    expected = _MODEL_FILES.get(image["framework"], ()) if image else ()
    if expected and len(names.intersection(expected)) != 1:
        listed = ", ".join(f"[{name}]" for name in expected)
        raise failed_precondition(
            f"Model directory {version['artifactUri']} is expected to contain exactly one of: {listed}."
        )
