"""Converts states of Vertex AI's jobs and trials to v1's names. Pure."""

from timberline.jobs.states import JobState
from timberline.run.errors import UnknownState

# https://cloud.google.com/ai-platform/training/docs/reference/rest/v1/projects.jobs#State
# v1 had none of these four states. Code that waits for v1's three final states must go on waiting while the job may
# resume, and must not mistake a partial success for a success:
#   UPDATING is a running job that is changed, PAUSED one that waits to be resumed;
#   EXPIRED and PARTIALLY_SUCCEEDED end without all results, and nobody has cancelled them.
_JOB_STATES = {
    JobState.QUEUED: "QUEUED",
    JobState.PENDING: "PREPARING",
    JobState.RUNNING: "RUNNING",
    JobState.UPDATING: "RUNNING",
    JobState.PAUSED: "QUEUED",
    JobState.CANCELLING: "CANCELLING",
    JobState.SUCCEEDED: "SUCCEEDED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "CANCELLED",
    JobState.EXPIRED: "FAILED",
    JobState.PARTIALLY_SUCCEEDED: "FAILED",
}
_REASONS = {
    JobState.EXPIRED: "the job expired",
    JobState.PARTIALLY_SUCCEEDED: "the job succeeded in part only; some results are missing",
}

# STOPPING: the service has decided to stop a trial early, and its job still runs; it ends as SUCCEEDED.
_TRIAL_STATES = {
    "REQUESTED": "QUEUED",
    "ACTIVE": "RUNNING",
    "STOPPING": "RUNNING",
    "SUCCEEDED": "SUCCEEDED",
    "INFEASIBLE": "FAILED",
}

FINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
"""The final states of v1's jobs and trials."""


def v1_job_state(state: JobState) -> str:
    """Return v1's name for a job's state."""
    return _JOB_STATES[state]


def v1_reason(state: JobState) -> str:
    """Return a detail of a state that v1's name does not express; empty if the name says everything."""
    return _REASONS.get(state, "")


def v1_trial_state(name: str) -> str:
    """Return v1's name for a trial state of Vertex AI.

    Raises:
        UnknownState: Vertex AI has a state of trials that this version does not know.
    """
    if name not in _TRIAL_STATES:
        raise UnknownState(
            f"Vertex AI reports the trial state {name!r}; expected one of {', '.join(_TRIAL_STATES)}; "
            "update timberline.ai_platform.answers.job_states"
        )
    return _TRIAL_STATES[name]
