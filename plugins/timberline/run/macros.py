"""Functions that templates call as `macros.timberline`: they return names that belong to a run."""

from timberline.run.identity import ALL_SEGMENTS, RunIdentity
from timberline.run.identity import run_key as run_key
from timberline.run.settings import read_settings


def step_uri(dag_id: str, run_id: str, step: str, segment: str = ALL_SEGMENTS) -> str:
    """Return the folder in the deployment's bucket that the jobs of a step write to, without a slash at the end.

    Raises:
        SettingsError: no project is set.
    """
    return RunIdentity(dag_id, run_id).step_uri(read_settings().bucket, step, segment)
