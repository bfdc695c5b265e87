"""The trigger fires once, says why, and is rebuilt from its arguments."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.jobs.memory_jobs import MemoryJobs
from tests.plugins.timberline.jobs_bodies import custom, status_of
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobRef
from timberline.jobs.states import JobState
from timberline.jobs.waiting import FailurePolicy
from timberline.jobs.watch import WatchedJobs
from timberline.run.identity import RunIdentity
from timberline.run.services import Connection
from timberline.triggers.jobs import JobsTrigger

_REF = JobRef(kind=JobKind.CUSTOM, name="projects/p/locations/l/customJobs/1", run_key="r", step="s", segment="3")


def _watched(*refs: JobRef, **changes: Any) -> WatchedJobs:
    watched = WatchedJobs(
        refs=refs,
        project="test-project",
        region="europe-west1",
        connection=CONNECTION,
        policy=FailurePolicy(),
        timeout_s=600,
        longest_pause_s=0.05,
    )
    return replace(watched, **changes)


def _trigger(watched: WatchedJobs) -> JobsTrigger:
    return JobsTrigger(**watched.to_json())


async def _event(trigger: JobsTrigger) -> Any:
    events: list[TriggerEvent] = [event async for event in trigger.run()]
    assert len(events) == 1
    return events[0].payload


def test_serialized_form_is_a_wire_format() -> None:
    watched = _watched(
        _REF,
        connection=Connection(gcp_conn_id="mine", impersonation_chain=("a", "b")),
        policy=FailurePolicy(1, True),
        deadline_s=5.0,
    )
    classpath, arguments = _trigger(watched).serialize()
    assert classpath == "timberline.triggers.jobs.JobsTrigger"
    assert json.loads(json.dumps(arguments)) == {
        "refs": [
            {"kind": "customJobs", "name": _REF.name, "run_key": "r", "step": "s", "segment": "3"},
        ],
        "project": "test-project",
        "region": "europe-west1",
        "gcp_conn_id": "mine",
        "impersonation_chain": ["a", "b"],
        "min_success": 1,
        "fail_fast": True,
        "timeout_s": 600,
        "deadline_s": 5.0,
        "longest_pause_s": 0.05,
        "noun": "segment",
        "cancel_on_kill": True,
    }


def test_round_trip_through_json_changes_nothing() -> None:
    _, arguments = _trigger(_watched(_REF)).serialize()
    assert JobsTrigger(**json.loads(json.dumps(arguments))).serialize()[1] == arguments


def test_arguments_of_an_earlier_version_are_accepted() -> None:
    _, arguments = _trigger(_watched(_REF)).serialize()
    for name in ("deadline_s", "longest_pause_s", "noun", "cancel_on_kill", "impersonation_chain"):
        arguments.pop(name)
    assert JobsTrigger(**arguments).watched.longest_pause_s == 30.0


def test_waits_for_the_jobs_of_any_service(run: RunIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    service = MemoryJobs()
    monkeypatch.setattr("timberline.hooks.remote_jobs.remote_jobs", lambda *_where: service)
    ref = service.submit_once(custom(run)).ref
    monkeypatch.setattr(
        "timberline.triggers.jobs.jittered", lambda _pause: service.set_state(ref, JobState.SUCCEEDED) or 0
    )
    assert asyncio.run(_event(_trigger(_watched(ref, timeout_s=1e12)))) == {"reason": "finished"}


@pytest.mark.parametrize("args", [(), ("--exit", "1")])
def test_fires_when_all_jobs_have_ended_however(args: tuple[str, ...], hook: VertexJobsHook, run: RunIdentity) -> None:
    refs = [hook.submit_once(custom(run, *args, segment=segment)).ref for segment in ("1", "2")]
    assert asyncio.run(_event(_trigger(_watched(*refs)))) == {"reason": "finished"}
    assert all(status.state.is_final for status in hook.statuses(refs))


def test_fires_at_the_first_failure_where_asked_to(hook: VertexJobsHook, run: RunIdentity) -> None:
    refs = [hook.submit_once(custom(run, arg, segment=arg)).ref for arg in ("--hang", "--crash")]
    assert asyncio.run(_event(_trigger(_watched(*refs, policy=FailurePolicy(fail_fast=True))))) == {
        "reason": "finished"
    }


def test_fires_when_the_deadline_has_passed(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run, "--hang")).ref
    assert asyncio.run(_event(_trigger(_watched(ref, deadline_s=1.0)))) == {"reason": "deadline"}
    assert not status_of(hook, ref).state.is_final  # ending the jobs is the sensor's business


def test_a_failure_that_passes_does_not_end_the_wait(cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run)).ref
    fault = cloud.add_fault("aiplatform.projects.locations.customJobs.list", "error", status=503, count=2)
    assert asyncio.run(_event(_trigger(_watched(ref)))) == {"reason": "finished"}
    assert cloud.fault_is_consumed(fault)


def test_a_failure_that_stays_is_told(cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run, "--hang")).ref
    cloud.add_fault("aiplatform.projects.locations.customJobs.list", "error", status=403)
    event = asyncio.run(_event(_trigger(_watched(ref))))
    assert event["reason"] == "error"
    assert "403" in event["message"]


@pytest.mark.parametrize(
    ("still_deferred", "cancel_on_kill", "expected"),
    [(False, True, JobState.CANCELLED), (True, True, JobState.RUNNING), (False, False, JobState.RUNNING)],
)
def test_jobs_are_cancelled_where_a_person_stopped_the_task_and_only_there(
    still_deferred: bool,
    cancel_on_kill: bool,
    expected: JobState,
    hook: VertexJobsHook,
    run: RunIdentity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answer(_task_instance: object) -> bool:
        return still_deferred

    monkeypatch.setattr("timberline.triggers.jobs.HAS_TRIGGER_ON_KILL", False)
    monkeypatch.setattr("timberline.triggers.jobs.task_is_still_deferred", answer)
    ref = hook.submit_once(custom(run, "--hang")).ref
    wait_until(lambda: status_of(hook, ref), lambda status: status.state is JobState.RUNNING)
    asyncio.run(_stopped(_trigger(_watched(ref, cancel_on_kill=cancel_on_kill))))
    if expected is JobState.CANCELLED:
        wait_until(lambda: status_of(hook, ref), lambda status: status.state is expected)
    assert status_of(hook, ref).state is expected


def test_on_kill_cancels_the_jobs(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run, "--hang")).ref
    asyncio.run(_trigger(_watched(ref)).on_kill())
    wait_until(lambda: status_of(hook, ref), lambda status: status.state is JobState.CANCELLED)


def test_a_cancelled_trigger_leaves_the_jobs_alone_where_airflow_calls_on_kill(
    hook: VertexJobsHook, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.triggers.jobs.HAS_TRIGGER_ON_KILL", True)
    ref = hook.submit_once(custom(run, "--hang")).ref
    asyncio.run(_stopped(_trigger(_watched(ref))))
    assert not status_of(hook, ref).state.is_final


async def _stopped(trigger: JobsTrigger) -> None:
    """Cancel a trigger as a triggerer does, once it has looked."""
    task = asyncio.ensure_future(_event(trigger))
    looked = asyncio.Event()
    loop, look = asyncio.get_running_loop(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        loop.call_soon(looked.set)
        await look(max(seconds, 60))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("timberline.triggers.jobs.asyncio.sleep", sleep)
        await looked.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert task.cancelled()
