"""Every state that a resource can be in, and the moves between them, as data."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class JobState(StrEnum):
    """google.cloud.aiplatform.v1.JobState.

    Jobs reach QUEUED to CANCELLED by themselves, the others only through `localgcp.core.control.lifecycle`.
    """

    QUEUED = "JOB_STATE_QUEUED"
    PENDING = "JOB_STATE_PENDING"
    RUNNING = "JOB_STATE_RUNNING"
    SUCCEEDED = "JOB_STATE_SUCCEEDED"
    FAILED = "JOB_STATE_FAILED"
    CANCELLING = "JOB_STATE_CANCELLING"
    CANCELLED = "JOB_STATE_CANCELLED"
    PAUSED = "JOB_STATE_PAUSED"
    EXPIRED = "JOB_STATE_EXPIRED"
    UPDATING = "JOB_STATE_UPDATING"
    PARTIALLY_SUCCEEDED = "JOB_STATE_PARTIALLY_SUCCEEDED"
    UNSPECIFIED = "JOB_STATE_UNSPECIFIED"


class PipelineState(StrEnum):
    """google.cloud.aiplatform.v1.PipelineState, as far as a training pipeline comes into it; it follows its job."""

    PENDING = "PIPELINE_STATE_PENDING"
    RUNNING = "PIPELINE_STATE_RUNNING"
    PAUSED = "PIPELINE_STATE_PAUSED"
    CANCELLING = "PIPELINE_STATE_CANCELLING"
    SUCCEEDED = "PIPELINE_STATE_SUCCEEDED"
    FAILED = "PIPELINE_STATE_FAILED"
    CANCELLED = "PIPELINE_STATE_CANCELLED"


class TrialState(StrEnum):
    """google.cloud.aiplatform.v1.Trial.State."""

    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    STOPPING = "STOPPING"
    SUCCEEDED = "SUCCEEDED"
    INFEASIBLE = "INFEASIBLE"


class BuildState(StrEnum):
    """google.devtools.cloudbuild.v1.Build.Status."""

    QUEUED = "QUEUED"
    WORKING = "WORKING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    TIMEOUT = "TIMEOUT"
    CANCELLED = "CANCELLED"


State = TypeVar("State", bound=StrEnum)

JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.PENDING, JobState.CANCELLING, JobState.FAILED}),
    JobState.PENDING: frozenset({JobState.RUNNING, JobState.CANCELLING, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLING}),
    JobState.CANCELLING: frozenset({JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.PAUSED: frozenset({JobState.PENDING, JobState.CANCELLING}),
    JobState.EXPIRED: frozenset(),
    JobState.UPDATING: frozenset({JobState.PENDING, JobState.CANCELLING}),
    JobState.PARTIALLY_SUCCEEDED: frozenset(),
    JobState.UNSPECIFIED: frozenset({JobState.PENDING, JobState.CANCELLING}),
}

PIPELINE_ENDS = frozenset({PipelineState.SUCCEEDED, PipelineState.FAILED, PipelineState.CANCELLED})

TRIAL_MOVES: Mapping[TrialState, frozenset[TrialState]] = {
    # A trial that is not started again after a restart or a cancellation goes straight to INFEASIBLE.
    TrialState.REQUESTED: frozenset({TrialState.ACTIVE, TrialState.INFEASIBLE}),
    # Back to REQUESTED: the server ended while the trial ran, and starts it again.
    TrialState.ACTIVE: frozenset(
        {TrialState.STOPPING, TrialState.SUCCEEDED, TrialState.INFEASIBLE, TrialState.REQUESTED}
    ),
    TrialState.STOPPING: frozenset({TrialState.SUCCEEDED, TrialState.INFEASIBLE, TrialState.REQUESTED}),
    TrialState.SUCCEEDED: frozenset(),
    TrialState.INFEASIBLE: frozenset(),
}

BUILD_MOVES: Mapping[BuildState, frozenset[BuildState]] = {
    BuildState.QUEUED: frozenset({BuildState.WORKING, BuildState.CANCELLED, BuildState.FAILURE}),
    BuildState.WORKING: frozenset(
        {BuildState.SUCCESS, BuildState.FAILURE, BuildState.TIMEOUT, BuildState.CANCELLED, BuildState.QUEUED}
    ),
    BuildState.SUCCESS: frozenset(),
    BuildState.FAILURE: frozenset(),
    BuildState.TIMEOUT: frozenset(),
    BuildState.CANCELLED: frozenset(),
}


class IllegalMove(Exception):
    """A resource was to go from one state to another that cannot follow it."""


def is_final(state: State, moves: Mapping[State, frozenset[State]]) -> bool:
    """Tell whether nothing can follow a state."""
    return not moves[state]


def check_move(old: State, new: State, moves: Mapping[State, frozenset[State]]) -> None:
    """Refuse a move that the table does not have.

    Raises:
        IllegalMove: always a mistake of this program, never of its user.
    """
    if new not in moves[old]:
        raise IllegalMove(
            f"{new} cannot follow {old}; after it come {', '.join(sorted(moves[old])) or 'no further states'}."
        )
