"""Decide where the artefacts of a run go, in the layouts of Vertex AI and of AI Platform."""

from dataclasses import dataclass

from trainer_common.artifacts.folder import ArtifactFolder, find_folder
from trainer_common.environment import Environment


@dataclass(frozen=True, slots=True)
class Places:
    """Two folders, because a prediction service takes a folder with exactly one model."""

    model: ArtifactFolder
    """The folder of `model.joblib`, and of the documents beside it."""
    ai_platform: ArtifactFolder | None
    """The folder of `model.pkl`, where AI Platform expects it; None without `--job_dir`."""


def find_places(job_dir: str | None, environment: Environment, *, hptune: bool) -> Places:
    """Return the folders of the artefacts: the flag wins over the environment.

    `<job_dir>/model` is the `AIP_MODEL_DIR` of a Vertex AI job whose base output directory is `<job_dir>`, and
    `<job_dir>/<trial>/model` that of a trial. All trials get the same flag, and must not overwrite each other.

    Args:
        job_dir: The value of `--job_dir`.
        environment: The variables of the training service.
        hptune: Whether this is a tuning trial.

    Raises:
        UserError: Neither `--job_dir` nor `AIP_MODEL_DIR` is given.
    """
    folder = find_folder(job_dir, environment)
    if not job_dir:
        return Places(folder, None)
    if hptune and environment.trial_id:
        folder = ArtifactFolder(folder.uri_of(environment.trial_id))
    return Places(ArtifactFolder(folder.uri_of("model")), folder)
