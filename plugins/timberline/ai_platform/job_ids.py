"""Job ids as AI Platform v1 had them: chosen by the user, and used once in a project for ever. Pure."""

import re

from timberline.run.errors import AiPlatformError
from timberline.run.identity import label_value

JOB_LABEL = "ai-platform-job"
SUBMISSION_LABEL = "ai-platform-submission"
"""Tells jobs that belong to no run apart: each submission has a value of its own."""

_JOB_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)


def check_job_id(job_id: str, path: str = "jobId") -> str:
    """Return a job id that v1 would have taken.

    Args:
        job_id: the id.
        path: what messages call it.

    Raises:
        AiPlatformError: it has other characters, or too many.
    """
    if _JOB_ID.fullmatch(job_id) is None:
        raise AiPlatformError(
            f"{path}: expected 1 to 128 letters, digits and underscores, a letter first, found {job_id!r}; rename it"
        )
    return job_id


def job_label(job_id: str) -> dict[str, str]:
    """Return the label by which the Vertex AI job of a v1 job id is found: display names are not unique there."""
    return {JOB_LABEL: label_value(job_id)}


def normalized_job_id(text: str) -> str:
    """Return a text as a job id, as Airflow's operators for v1 did: what v1 does not take becomes `_`.

    Raises:
        AiPlatformError: it is empty or too long.
    """
    found = re.sub(r"[^0-9A-Za-z]+", "_", text)
    return check_job_id(f"z_{found}" if found[:1].isdigit() else found, "job_id")
