"""References to remote jobs, their statuses, and the latest attempt of each segment."""

from typing import Any

import pytest

from timberline.jobs.remote import JobKind, JobRef, JobStatus, Study, latest_attempts
from timberline.jobs.selection import Trial
from timberline.jobs.states import JobState
from timberline.run.identity import RunIdentity
from timberline.spec.metric import MetricGoal

_REF = JobRef(kind=JobKind.TUNING, name="jobs/1", run_key="r", step="tune", segment="3")


def _study(*trials: Trial) -> Study:
    return Study(metric="score", goal=MetricGoal.MAXIMIZE, max_trials=4, trials=trials, declared={})


def _status(state: JobState, **changes: Any) -> JobStatus:
    return JobStatus(ref=_REF, state=state, **changes)


def _attempt(segment: str, created_s: float) -> JobStatus:
    labels = RunIdentity("dag", "run").labels("tune", segment)
    return _status(JobState.RUNNING, created_s=created_s, labels=labels)


def test_a_reference_survives_the_way_through_json() -> None:
    assert JobRef.from_json(_REF.to_json()) == _REF


def test_keys_of_a_later_version_are_ignored() -> None:
    assert JobRef.from_json({**_REF.to_json(), "zone": "b"}) == _REF


def test_a_job_that_has_not_ended_has_no_problem() -> None:
    assert _status(JobState.RUNNING, error="a node was lost").problem is None


@pytest.mark.parametrize(("error", "words"), [("exit 1", "jobs/1 is FAILED: exit 1"), ("", "jobs/1 is FAILED")])
def test_the_problem_of_a_failed_job_has_the_words_of_the_service(error: str, words: str) -> None:
    assert _status(JobState.FAILED, error=error).problem == words


def test_a_tuning_job_without_a_usable_trial_has_a_problem() -> None:
    infeasible = Trial(id="1", state="INFEASIBLE", parameters={}, metric=None, infeasible_reason="out of memory")
    assert "out of memory" in (_status(JobState.SUCCEEDED, study=_study(infeasible)).problem or "")


def test_a_tuning_job_with_a_usable_trial_has_no_problem() -> None:
    assert _status(JobState.SUCCEEDED, study=_study(Trial("1", "SUCCEEDED", {}, 0.5))).problem is None


def test_trials_are_counted_by_their_ends() -> None:
    trials = [Trial("1", "SUCCEEDED", {}, 0.5), Trial("2", "INFEASIBLE", {}, None), Trial("3", "ACTIVE", {}, None)]
    assert _study(*trials).counts() == {"total": 3, "succeeded": 1, "infeasible": 1}


def test_the_wait_for_machines_is_no_part_of_the_duration() -> None:
    assert _status(JobState.SUCCEEDED, created_s=1.0, started_s=5.0, ended_s=7.0).seconds == 2.0
    assert _status(JobState.RUNNING, created_s=1.0, started_s=5.0).seconds is None


def test_the_attempt_created_last_stands_for_its_segment() -> None:
    first, second, other = _attempt("3", 1.0), _attempt("3", 2.0), _attempt("4", 0.5)
    assert latest_attempts([second, first, other], ["3", "4", "5"]) == {"3": second, "4": other}


def test_a_segment_whose_text_is_no_label_is_found() -> None:
    """The label of such a segment holds a slug and a hash."""
    attempt = _attempt("Ärger & Co", 1.0)
    assert latest_attempts([attempt], ["Ärger & Co"]) == {"Ärger & Co": attempt}
