"""Save the artefacts of a run in the order that readers rely on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trainer_common.artifacts.folder import METRICS_FILE, PREDICTIONS_FILE, ArtifactFolder
from trainer_common.report.document import MetricReport
from trainer_common.storage.filesystem import write_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifacts:
    """What a run leaves; a tuning trial leaves its report only."""

    report: MetricReport
    """The content of `metrics.json`."""
    model_files: Mapping[str, bytes] = field(default_factory=dict)
    """The content of each model file, by URI, in the order of writing."""
    predictions: Mapping[str, object] | None = None
    """The content of `predictions.json` (see `sample_document`); None for no such file."""


def save_artifacts(folder: ArtifactFolder, artifacts: Artifacts) -> None:
    """Write the model, then `predictions.json`, and `metrics.json` last: where it exists, everything exists.

    Each file appears whole under its final name, or not at all.

    Args:
        folder: Where `predictions.json` and `metrics.json` go.
        artifacts: What to write.

    Raises:
        StorageError: A file cannot be written; the files after it are not there.
    """
    for uri, content in artifacts.model_files.items():
        write_bytes(uri, content)
    if artifacts.predictions is not None:
        folder.save_json(PREDICTIONS_FILE, artifacts.predictions)
    folder.save_json(METRICS_FILE, artifacts.report.to_json())
