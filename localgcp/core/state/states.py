"""The states of resources, and the moves between them, as data."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class JobState(StrEnum):
    """google.cloud.aiplatform.v1.JobState.

    A running job takes the states QUEUED to CANCELLED; `localgcp.core.control.lifecycle` sets the others on request.
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
    """google.cloud.aiplatform.v1.PipelineState: the states that a training pipeline takes from its job."""

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
    # A trial that was requested, and is cancelled before it starts, becomes INFEASIBLE.
    TrialState.REQUESTED: frozenset({TrialState.ACTIVE, TrialState.INFEASIBLE}),
    # Back to REQUESTED: the server ended while the trial ran, and the next server starts the trial again.
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
    """The new state cannot follow the present one."""


def is_final(state: State, moves: Mapping[State, frozenset[State]]) -> bool:
    """Return whether a state is final: no other state follows it."""
    return not moves[state]


def check_move(old: State, new: State, moves: Mapping[State, frozenset[State]]) -> None:
    """Check that a table has a move.

    Raises:
        IllegalMove: the table does not have it; this is a bug of localgcp, never a mistake of its user.
    """
    if new not in moves[old]:
        raise IllegalMove(
            f"{new} cannot follow {old}; after it come {', '.join(sorted(moves[old])) or 'no further states'}."
        )
