"""Where the artefacts of a run go, in the layout of Vertex AI and in that of AI Platform."""

from dataclasses import dataclass

from trainer_common.artifacts import ArtifactFolder
from trainer_common.environment import Environment, artifact_uri


@dataclass(frozen=True, slots=True)
class Places:
    """Two folders, because a prediction service takes a folder that holds exactly one model."""

    bundle: ArtifactFolder
    """Of `model.joblib`, and of the documents beside it."""
    older: ArtifactFolder | None
    """Of `model.pkl`, where AI Platform expects it; None when nobody named a job folder."""


def find_places(job_dir: str | None, environment: Environment, *, hptune: bool) -> Places:
    """Decides where artefacts go: the flag wins over the environment.

    `<job_dir>/model` is what Vertex AI calls `AIP_MODEL_DIR` when <job_dir> is a job's base output directory, and
    `<job_dir>/<trial>/model` is the same of a trial. All trials get the same flag, and must not write to one place.

    Args:
        job_dir: The value of `--job_dir`.
        environment: What the training service set.
        hptune: This is a tuning trial.

    Returns:
        The folders.

    Raises:
        UserError: Neither `--job_dir` nor `AIP_MODEL_DIR` is given.
    """
    folder = ArtifactFolder(artifact_uri(job_dir, environment))
    if not job_dir:
        return Places(folder, None)
    if hptune and environment.trial_id:
        folder = ArtifactFolder(folder.uri_of(environment.trial_id))
    return Places(ArtifactFolder(folder.uri_of("model")), folder)
