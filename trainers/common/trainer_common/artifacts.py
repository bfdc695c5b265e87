"""Names and places of what a trainer leaves behind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_common.filesystem import write_bytes

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.json"


def write_json(uri: str, document: Mapping[str, object]) -> None:
    """Writes a JSON file, whole or not at all, with a fixed layout, so that equal documents are equal files.

    Raises:
        ValueError: A number is not finite; JSON has no name for it, and other readers would reject the file.
        StorageError: The file cannot be written.
    """
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    write_bytes(uri, f"{text}\n".encode())


@dataclass(frozen=True, slots=True)
class ArtifactFolder:
    """The folder of one trainer run; every file in it is written whole or not at all."""

    uri: str
    """Local path or `gs://` URI, without a slash at the end."""

    def uri_of(self, name: str) -> str:
        """Returns the URI of the artefact called `name`."""
        return f"{self.uri.rstrip('/')}/{name}"

    def save(self, name: str, content: bytes) -> str:
        """Writes an artefact, over an earlier one of that name, and returns its URI."""
        write_bytes(self.uri_of(name), content)
        return self.uri_of(name)

    def save_json(self, name: str, document: Mapping[str, object]) -> str:
        """Writes a JSON artefact as `write_json` does, and returns its URI."""
        write_json(self.uri_of(name), document)
        return self.uri_of(name)
