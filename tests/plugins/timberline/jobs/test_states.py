"""States of every service are mapped by name, and nothing but success is success."""

import pytest
from google.cloud.aiplatform_v1 import JobState as VertexState
from google.cloud.devtools.cloudbuild_v1 import Build

from timberline.jobs.states import JobState, build_state, vertex_state
from timberline.run.errors import FinalError, UnknownState

_REPORTED = [state.name for state in VertexState if state.name != "JOB_STATE_UNSPECIFIED"]


@pytest.mark.parametrize("name", _REPORTED)
def test_every_state_of_vertex_is_mapped_to_its_namesake(name: str) -> None:
    assert f"JOB_STATE_{vertex_state(name)}" == name


@pytest.mark.parametrize("status", [status.name for status in Build.Status if status.name != "STATUS_UNKNOWN"])
def test_every_status_of_cloud_build_is_mapped(status: str) -> None:
    assert build_state(status).is_success == (status == "SUCCESS")


@pytest.mark.parametrize("state", list(JobState))
def test_only_succeeded_is_success(state: JobState) -> None:
    assert state.is_success == (state is JobState.SUCCEEDED)


def test_final_states_are_those_that_never_change() -> None:
    final = {state.value for state in JobState if state.is_final}
    assert final == {"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"}


def test_a_job_that_cannot_succeed_any_more_is_not_adopted() -> None:
    adoptable = {state.value for state in JobState if state.is_adoptable}
    assert adoptable == {"QUEUED", "PENDING", "RUNNING", "UPDATING", "PAUSED", "SUCCEEDED"}


@pytest.mark.parametrize("name", ["", "JOB_STATE_UNSPECIFIED", "SUCCEEDED", "job_state_succeeded", "JOB_STATE_NEW"])
def test_an_unknown_state_is_a_final_error_that_names_it(name: str) -> None:
    with pytest.raises(UnknownState, match=repr(name)):
        vertex_state(name)
    assert issubclass(UnknownState, FinalError)
