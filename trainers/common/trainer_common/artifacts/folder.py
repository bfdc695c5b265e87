"""Write into the folder of a trainer's artefacts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_common.environment import Environment
from trainer_common.failures import UserError
from trainer_common.storage.filesystem import write_bytes

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.json"


def write_json(uri: str, document: Mapping[str, object]) -> None:
    """Write a JSON file, whole or not at all, in a fixed layout: equal documents are equal files.

    Raises:
        ValueError: A number is not finite; JSON cannot express it, and other readers would reject the file.
        StorageError: The file cannot be written.
    """
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    write_bytes(uri, f"{text}\n".encode())


@dataclass(frozen=True, slots=True)
class ArtifactFolder:
    """A folder of artefacts; every file in it is written whole or not at all."""

    uri: str
    """Local path or `gs://` URI, without a slash at the end."""

    def uri_of(self, name: str) -> str:
        """Return the URI of the file `name`."""
        return f"{self.uri.rstrip('/')}/{name}"

    def save_json(self, name: str, document: Mapping[str, object]) -> None:
        """Write a JSON file (see `write_json`); an earlier one of that name is replaced."""
        write_json(self.uri_of(name), document)


def find_folder(job_dir: str | None, environment: Environment) -> ArtifactFolder:
    """Return the folder of the artefacts: the flag wins over the environment.

    Args:
        job_dir: The value of `--job-dir`.
        environment: The variables of the training service.

    Raises:
        UserError: Neither `--job-dir` nor `AIP_MODEL_DIR` is given.
    """
    uri = job_dir or environment.model_dir
    if not uri:
        raise UserError("no place for the artefacts: pass --job-dir, or set AIP_MODEL_DIR (a local path or gs://...)")
    return ArtifactFolder(uri.rstrip("/") or "/")
