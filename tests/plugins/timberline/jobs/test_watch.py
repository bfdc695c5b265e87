"""What the end of a wait means, for sensors and for operators that wait themselves."""

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.jobs.waiting import FailurePolicy, WaitReason
from timberline.jobs.watch import JobsWatch, Poll, WatchedJobs
from timberline.run.errors import JobsFailed, JobsTimedOut
from timberline.run.services import Connection


class _Jobs:
    """The part of the jobs' service that a judgement needs."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    def cancel(self, refs: Iterable[JobRef]) -> None:
        self.cancelled += [ref.segment for ref in refs]


def _status(segment: str, state: JobState, error: str = "") -> JobStatus:
    ref = JobRef(kind=JobKind.CUSTOM, name=f"customJobs/{segment}", run_key="r", step="train", segment=segment)
    return JobStatus(ref=ref, state=state, error=error, created_s=100.0)


_DONE = _status("1", JobState.SUCCEEDED)
_FAILED = _status("2", JobState.FAILED, "exit status 1")
_LIVE = _status("3", JobState.RUNNING)


def _watch(*statuses: JobStatus, policy: FailurePolicy | None = None) -> tuple[JobsWatch, _Jobs]:
    watched = WatchedJobs(
        refs=tuple(status.ref for status in statuses),
        project="p",
        region="r",
        connection=Connection(),
        policy=policy or FailurePolicy(),
        timeout_s=600,
        segment_label="cover type",
    )
    jobs = _Jobs()
    return JobsWatch(watched, jobs, logging.getLogger("watch")), jobs


def _look(reason: WaitReason | None, *statuses: JobStatus) -> Poll:
    return Poll(statuses=statuses, reason=reason, pause_s=1.0)


def test_a_wait_that_goes_on_is_not_judged() -> None:
    watch, jobs = _watch(_FAILED, _LIVE)
    assert watch.judge(_look(None, _FAILED, _LIVE)) is None
    assert jobs.cancelled == []


def test_jobs_that_all_succeeded_are_returned() -> None:
    watch, jobs = _watch(_DONE)
    assert watch.judge(_look(WaitReason.FINISHED, _DONE)) == [_DONE.ref]
    assert jobs.cancelled == []


def test_a_failure_that_is_allowed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    watch, _ = _watch(_DONE, _FAILED, policy=FailurePolicy(min_success=1))
    assert watch.judge(_look(WaitReason.FINISHED, _DONE, _FAILED)) == [_DONE.ref]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("cover type 2: ")
    assert "exit status 1" in record.getMessage()


def test_too_few_successes_are_raised_and_nothing_is_left_to_cancel() -> None:
    watch, jobs = _watch(_DONE, _FAILED)
    with pytest.raises(JobsFailed, match="1 of 2 jobs succeeded, expected at least 2\ncover type 2: "):
        watch.judge(_look(WaitReason.FINISHED, _DONE, _FAILED))
    assert jobs.cancelled == []


def test_the_first_failure_ends_the_others_where_it_is_to() -> None:
    watch, jobs = _watch(_DONE, _FAILED, _LIVE, policy=FailurePolicy(fail_fast=True))
    with pytest.raises(JobsFailed, match="cover type 2: "):
        watch.judge(_look(WaitReason.FINISHED, _DONE, _FAILED, _LIVE))
    assert jobs.cancelled == ["3"]


def test_a_passed_deadline_cancels_what_is_late_and_names_it() -> None:
    watch, jobs = _watch(_DONE, _LIVE)
    with pytest.raises(JobsTimedOut, match="cover type 3: not finished 600 s after submission; cancelled"):
        watch.judge(_look(WaitReason.DEADLINE, _DONE, _LIVE))
    assert jobs.cancelled == ["3"]


def test_a_deadline_that_passes_while_nobody_answers_cancels_all_and_names_all() -> None:
    watch, jobs = _watch(_DONE, _LIVE)
    with pytest.raises(JobsTimedOut, match="cover type 1, 3: not finished 600 s after submission; cancelled"):
        watch.judge(_look(WaitReason.DEADLINE))
    assert jobs.cancelled == ["1", "3"]


@pytest.mark.parametrize("statuses", [(), (_DONE, _LIVE)])
def test_the_verdict_of_a_failure_is_that_of_the_service(statuses: Any) -> None:
    watch, jobs = _watch(_DONE, _LIVE)
    watch.cancel_unfinished(statuses)
    assert jobs.cancelled == (["3"] if statuses else ["1", "3"])
