"""When a group of jobs is over, and what its end means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.jobs.remote import JobKind, JobRef, JobStatus, Study
from timberline.jobs.selection import Trial
from timberline.jobs.states import JobState
from timberline.jobs.waiting import FailurePolicy, deadline_s, new_progress_lines, progress_line, timed_out
from timberline.run.errors import JobsFailed
from timberline.spec.metric import MetricGoal


def _ref(segment: str = "3") -> JobRef:
    return JobRef(
        kind=JobKind.TUNING,
        name=f"projects/p/locations/l/hyperparameterTuningJobs/{segment}",
        run_key="run",
        step="tune",
        segment=segment,
    )


def _status(
    state: JobState, segment: str = "3", error: str = "", created_s: float | None = None, study: Study | None = None
) -> JobStatus:
    return JobStatus(ref=_ref(segment), state=state, error=error, created_s=created_s, study=study)


def _study(*trials: Trial, most: int = 6) -> Study:
    return Study(metric="f1-score", goal=MetricGoal.MAXIMIZE, max_trials=most, trials=trials, declared={})


_states = st.lists(st.sampled_from(JobState), min_size=1, max_size=7)


@given(_states, st.one_of(st.none(), st.integers(0, 7)))
def test_a_group_is_over_exactly_when_every_job_is(states: list[JobState], min_success: int | None) -> None:
    statuses = [_status(state, str(index)) for index, state in enumerate(states)]
    assert FailurePolicy(min_success).is_over(statuses) == all(state.is_final for state in states)


@given(_states, st.one_of(st.none(), st.integers(0, 7)))
def test_the_judgement_counts_successes_only(states: list[JobState], min_success: int | None) -> None:
    statuses = [_status(state, str(index)) for index, state in enumerate(states)]
    succeeded = [status.ref for status in statuses if status.state is JobState.SUCCEEDED]
    wanted = len(states) if min_success is None else min(max(min_success, 1), len(states))
    try:
        assert FailurePolicy(min_success).judge(statuses, segment_label="cover type") == succeeded
        assert len(succeeded) >= wanted
    except JobsFailed:
        assert len(succeeded) < wanted


def test_fail_fast_does_not_wait_for_siblings() -> None:
    statuses = [_status(JobState.RUNNING, "1"), _status(JobState.FAILED, "2")]
    assert FailurePolicy(fail_fast=True).is_over(statuses)
    with pytest.raises(JobsFailed, match="cover type 2"):
        FailurePolicy(min_success=0, fail_fast=True).judge(statuses, segment_label="cover type")


def test_the_failure_names_segment_and_the_end_of_the_log() -> None:
    statuses = [_status(JobState.SUCCEEDED, "1"), _status(JobState.FAILED, "2", "exit status 1\nKeyError: 'Elevation'")]
    with pytest.raises(JobsFailed) as raised:
        FailurePolicy().judge(statuses, segment_label="cover type")
    head, *rest = str(raised.value).splitlines()
    assert head == "1 of 2 jobs succeeded, expected at least 2"
    assert rest[0].startswith("cover type 2: ")
    assert rest[-1] == "KeyError: 'Elevation'"


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.EXPIRED, JobState.PARTIALLY_SUCCEEDED])
def test_an_end_that_is_no_success_is_a_failure(state: JobState) -> None:
    with pytest.raises(JobsFailed, match=state.value):
        FailurePolicy().judge([_status(state)], segment_label="segment")


def test_a_tuning_job_without_a_usable_trial_failed_though_it_succeeded() -> None:
    study = _study(Trial("1", "INFEASIBLE", {}, None, "reported no f1-score"))
    with pytest.raises(JobsFailed, match="trial 1: reported no f1-score"):
        FailurePolicy().judge([_status(JobState.SUCCEEDED, study=study)], segment_label="segment")


def test_the_deadline_counts_from_the_last_submission() -> None:
    statuses = [_status(JobState.RUNNING, created_s=100.0), _status(JobState.RUNNING, created_s=160.0)]
    assert deadline_s(statuses, 3600, now_s=999.0) == 3760.0


def test_the_deadline_error_names_what_was_late() -> None:
    statuses = [_status(JobState.RUNNING, "1"), _status(JobState.SUCCEEDED, "2")]
    assert str(timed_out(statuses, segment_label="cover type", timeout_s=60)).startswith(
        "cover type 1: not finished 60 s after"
    )


def test_progress_of_a_tuning_job() -> None:
    trials = [Trial(str(i), "SUCCEEDED", {}, 0.8 + i / 100) for i in range(3)]
    study = _study(*trials, Trial("7", "INFEASIBLE", {}, None), Trial("8", "ACTIVE", {}, None))
    line = progress_line(_status(JobState.RUNNING, study=study), segment_label="cover type")
    assert line == "cover type 3: 4/6 trials, best f1-score 0.820, 1 infeasible"


def test_progress_before_the_first_trial_ends() -> None:
    assert (
        progress_line(_status(JobState.PENDING, study=_study()), segment_label="cover type")
        == "cover type 3: 0/6 trials"
    )


def test_news_are_lines_that_were_not_told() -> None:
    statuses = [_status(JobState.RUNNING, "1"), _status(JobState.PENDING, "2")]
    assert new_progress_lines(statuses, {"segment 1: running"}, segment_label="segment") == ["segment 2: pending"]


def test_a_reference_survives_its_json_form_and_keys_of_later_versions() -> None:
    assert JobRef.from_json({**_ref().to_json(), "added_later": "x"}) == _ref()
