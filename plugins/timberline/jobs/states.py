"""States of remote jobs: one enum for all services, and how each service's states map to it. Pure."""

from enum import StrEnum

from timberline.run.errors import UnknownState


class JobState(StrEnum):
    """The state of a remote job."""

    QUEUED = "QUEUED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    UPDATING = "UPDATING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    PARTIALLY_SUCCEEDED = "PARTIALLY_SUCCEEDED"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self in _FINAL

    @property
    def is_success(self) -> bool:
        """Whether the job did everything that it was asked to do."""
        return self is JobState.SUCCEEDED

    @property
    def is_adoptable(self) -> bool:
        """Whether the job succeeded or still may: a submitter that finds such a job creates no other."""
        return self.is_success or self in _LIVE


_LIVE = frozenset({JobState.QUEUED, JobState.PENDING, JobState.RUNNING, JobState.UPDATING, JobState.PAUSED})
_FINAL = frozenset(JobState) - _LIVE - {JobState.CANCELLING}

# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState; JOB_STATE_UNSPECIFIED is never reported.
_VERTEX_STATES = {
    "JOB_STATE_QUEUED": JobState.QUEUED,
    "JOB_STATE_PENDING": JobState.PENDING,
    "JOB_STATE_RUNNING": JobState.RUNNING,
    "JOB_STATE_SUCCEEDED": JobState.SUCCEEDED,
    "JOB_STATE_FAILED": JobState.FAILED,
    "JOB_STATE_CANCELLING": JobState.CANCELLING,
    "JOB_STATE_CANCELLED": JobState.CANCELLED,
    "JOB_STATE_PAUSED": JobState.PAUSED,
    "JOB_STATE_EXPIRED": JobState.EXPIRED,
    "JOB_STATE_UPDATING": JobState.UPDATING,
    "JOB_STATE_PARTIALLY_SUCCEEDED": JobState.PARTIALLY_SUCCEEDED,
}

# https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#status
_BUILD_STATES = {
    "PENDING": JobState.QUEUED,
    "QUEUED": JobState.PENDING,
    "WORKING": JobState.RUNNING,
    "SUCCESS": JobState.SUCCEEDED,
    "FAILURE": JobState.FAILED,
    "INTERNAL_ERROR": JobState.FAILED,
    "TIMEOUT": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
    "EXPIRED": JobState.EXPIRED,
}


def vertex_state(name: str) -> JobState:
    """Return the state for a state name of Vertex AI.

    Raises:
        UnknownState: this version does not know the state.
    """
    return _lookup("Vertex AI", _VERTEX_STATES, name)


def build_state(name: str) -> JobState:
    """Return the state for a status name of Cloud Build.

    Raises:
        UnknownState: this version does not know the status.
    """
    return _lookup("Cloud Build", _BUILD_STATES, name)


def _lookup(service: str, states: dict[str, JobState], name: str) -> JobState:
    if name not in states:
        raise UnknownState(
            f"{service} reports the state {name!r}; expected one of {', '.join(states)}; update timberline.jobs.states"
        )
    return states[name]
