"""What the wait returns, when it fails, and what it cancels."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import custom, status_of, tuning
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobRef
from timberline.jobs.states import JobState
from timberline.run.compat import AirflowFailException, AirflowRescheduleException, TaskDeferred
from timberline.run.identity import RunIdentity
from timberline.sensors.jobs import JobsSensor
from timberline.triggers.jobs import JobsTrigger

pytestmark = pytest.mark.usefixtures("settings")


def _sensor(*refs: JobRef, **changes: Any) -> JobsSensor:
    arguments: dict[str, Any] = {"job_timeout_s": 600, "segment_label": "cover type", "deferrable": True, **changes}
    return JobsSensor(task_id="wait", jobs=[ref.to_json() for ref in refs], **arguments)


@pytest.fixture
def ended(hook: VertexJobsHook, run: RunIdentity) -> Callable[..., JobRef]:
    """Submits a job and waits for its end."""

    def submit(*args: str, segment: str = "3") -> JobRef:
        ref = hook.submit_once(custom(run, *args, segment=segment)).ref
        wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
        return ref

    return submit


def test_returns_the_references_when_all_have_succeeded(ended: Callable[..., JobRef], run: RunIdentity) -> None:
    refs = [ended(segment="1"), ended(segment="2")]
    assert _sensor(*refs).execute(context_of(run)) == [ref.to_json() for ref in refs]


def test_one_unmapped_job_is_waited_for_too(ended: Callable[..., JobRef], run: RunIdentity) -> None:
    ref = ended()
    sensor = JobsSensor(task_id="wait", jobs=ref.to_json(), job_timeout_s=600, deferrable=True)
    assert sensor.execute(context_of(run)) == [ref.to_json()]


def test_defers_to_the_trigger_with_the_deadline_fixed(hook: VertexJobsHook, run: RunIdentity) -> None:
    status = hook.submit_once(custom(run, "--hang"))
    with pytest.raises(TaskDeferred) as deferred:
        _sensor(status.ref).execute(context_of(run))
    trigger = deferred.value.trigger
    assert isinstance(trigger, JobsTrigger)
    assert trigger.watched.refs == (status.ref,)
    assert trigger.watched.deadline_s == pytest.approx((status.created_s or 0) + 600)
    assert deferred.value.method_name == "execute_complete"


def test_the_service_is_asked_again_after_the_trigger(
    ended: Callable[..., JobRef], hook: VertexJobsHook, run: RunIdentity
) -> None:
    ref = ended()
    assert _sensor(ref).execute_complete(context_of(run), {"reason": "finished"}) == [ref.to_json()]
    live = hook.submit_once(custom(run, "--hang", segment="4")).ref
    with pytest.raises(TaskDeferred):
        _sensor(live).execute_complete(context_of(run), {"reason": "finished"})


def test_without_deferral_it_is_rescheduled(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run, "--hang")).ref
    sensor = _sensor(ref, deferrable=False, longest_pause_s=7)
    assert sensor.mode == "reschedule"
    context = context_of(run)
    context["ti"].get_first_reschedule_date = lambda _context: None
    with pytest.raises(AirflowRescheduleException):
        sensor.execute(context)
    assert timedelta(seconds=sensor.poke_interval) == timedelta(seconds=7)


def test_a_failed_job_fails_the_wait_for_good_and_names_segment_and_log(
    ended: Callable[..., JobRef], run: RunIdentity
) -> None:
    refs = [ended(segment="1"), ended("--crash", segment="2")]
    with pytest.raises(AirflowFailException, match="cover type 2: ") as raised:
        _sensor(*refs).execute(context_of(run))
    assert "1 of 2 jobs succeeded, expected at least 2" in str(raised.value)
    assert "the trainer crashed as it was told to" in str(raised.value)


def test_enough_successes_go_on_without_the_failed_job(
    ended: Callable[..., JobRef], run: RunIdentity, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = ended(segment="1"), ended("--crash", segment="2")
    sensor = _sensor(good, bad, min_success=1)
    with caplog.at_level(logging.INFO):
        assert sensor.execute(context_of(run)) == [good.to_json()]


def test_a_tuning_job_without_a_usable_trial_is_a_failed_one(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(tuning(run, "--metric", "none")).ref
    wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
    with pytest.raises(AirflowFailException, match="cover type 3: "):
        _sensor(ref).execute(context_of(run))


def test_fail_fast_cancels_the_others(ended: Callable[..., JobRef], hook: VertexJobsHook, run: RunIdentity) -> None:
    live = hook.submit_once(custom(run, "--hang", segment="1")).ref
    bad = ended("--crash", segment="2")
    with pytest.raises(AirflowFailException, match="cover type 2"):
        _sensor(live, bad, fail_fast=True).execute(context_of(run))
    wait_until(lambda: status_of(hook, live), lambda status: status.state is JobState.CANCELLED)


def test_a_failure_lets_its_siblings_run(ended: Callable[..., JobRef], hook: VertexJobsHook, run: RunIdentity) -> None:
    live = hook.submit_once(custom(run, "--hang", segment="1")).ref
    bad = ended("--crash", segment="2")
    with pytest.raises(TaskDeferred):
        _sensor(live, bad).execute(context_of(run))
    assert not status_of(hook, live).state.is_final


def test_a_passed_deadline_cancels_and_names_what_was_late(hook: VertexJobsHook, run: RunIdentity) -> None:
    live = hook.submit_once(custom(run, "--hang")).ref
    with pytest.raises(AirflowFailException, match="cover type 3: not finished 0 s after submission; cancelled"):
        _sensor(live, job_timeout_s=0).execute(context_of(run))
    wait_until(lambda: status_of(hook, live), lambda status: status.state is JobState.CANCELLED)


def test_stopping_the_task_cancels_its_jobs(hook: VertexJobsHook, run: RunIdentity) -> None:
    live = hook.submit_once(custom(run, "--hang")).ref
    _sensor(live, cancel_on_kill=False).on_kill()
    assert not status_of(hook, live).state.is_final
    _sensor(live).on_kill()
    wait_until(lambda: status_of(hook, live), lambda status: status.state is JobState.CANCELLED)


def test_a_trigger_that_could_not_see_fails_the_wait(ended: Callable[..., JobRef], run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match="the jobs cannot be watched: 403 no"):
        _sensor(ended()).execute_complete(context_of(run), {"reason": "error", "message": "403 no"})


@pytest.mark.parametrize("jobs", [None, [], [None, None]])
def test_no_jobs_is_one_clear_message(jobs: Any, run: RunIdentity, cloud: LocalCloud) -> None:
    sensor = JobsSensor(task_id="wait", jobs=jobs, job_timeout_s=600, deferrable=True)
    with pytest.raises(AirflowFailException, match=r"no job was submitted: .* clear it"):
        sensor.execute(context_of(run))


def test_a_segment_whose_submission_failed_does_not_block_the_others(
    ended: Callable[..., JobRef], run: RunIdentity
) -> None:
    ref = ended(segment="1")
    sensor = JobsSensor(task_id="wait", jobs=[None, ref.to_json()], job_timeout_s=600, deferrable=True)
    assert sensor.execute(context_of(run)) == [ref.to_json()]
