"""Job ids of AI Platform v1: chosen by the user, and never used twice in a project. Pure."""

import re

from timberline.run.errors import AiPlatformError
from timberline.run.identity import label_value

JOB_LABEL = "ai-platform-job"
SUBMISSION_LABEL = "ai-platform-submission"
"""Distinguishes jobs that belong to no run: every submission has its own value."""

_JOB_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)


def check_job_id(job_id: str, path: str = "jobId") -> str:
    """Return a job id if AI Platform would have accepted it.

    Args:
        job_id: the id.
        path: what messages call the id.

    Raises:
        AiPlatformError: the id has invalid characters, or too many.
    """
    if _JOB_ID.fullmatch(job_id) is None:
        raise AiPlatformError(
            f"{path}: expected 1 to 128 letters, digits and underscores, a letter first, found {job_id!r}; rename it"
        )
    return job_id


def job_label(job_id: str) -> dict[str, str]:
    """Return the label by which the Vertex AI job of an id is found: display names are not unique on Vertex AI."""
    return {JOB_LABEL: label_value(job_id)}


def normalized_job_id(text: str) -> str:
    """Convert a text to a job id as Airflow's operators for AI Platform did: invalid characters become `_`.

    Raises:
        AiPlatformError: the text is empty or too long.
    """
    found = re.sub(r"[^0-9A-Za-z]+", "_", text)
    return check_job_id(f"z_{found}" if found[:1].isdigit() else found, "job_id")
