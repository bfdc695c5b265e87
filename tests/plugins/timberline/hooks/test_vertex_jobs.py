"""Jobs are submitted once, whatever happens between the question and the answer."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.jobs_bodies import custom, status_of, tuning
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobRef, JobStatus, latest_attempts
from timberline.jobs.selection import DeclaredParameter, ParameterType
from timberline.jobs.states import JobState
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import RunIdentity

_CREATE = "aiplatform.projects.locations.customJobs.create"
_LIST = "aiplatform.projects.locations.customJobs.list"


def _finished(hook: VertexJobsHook, ref: JobRef) -> JobStatus:
    return wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)


def _states(hook: VertexJobsHook, request: JobRequest) -> list[JobState]:
    return [status.state for status in hook.find(request.labels, [request.kind])]


def test_submitting_twice_gives_one_job(hook: VertexJobsHook, run: RunIdentity) -> None:
    request = custom(run, "--hang")
    assert hook.submit_once(request).ref == hook.submit_once(request).ref
    assert len(_states(hook, request)) == 1


def test_a_job_that_succeeded_is_adopted(hook: VertexJobsHook, run: RunIdentity) -> None:
    first = hook.submit_once(custom(run)).ref
    assert _finished(hook, first).state is JobState.SUCCEEDED
    assert hook.submit_once(custom(run)).ref == first


@pytest.mark.parametrize("request_of", [custom, tuning])
def test_both_kinds_carry_the_labels_of_run_step_and_segment(
    request_of: Callable[..., JobRequest], hook: VertexJobsHook, run: RunIdentity
) -> None:
    request = request_of(run)
    (status,) = (hook.submit_once(request), hook.find(run.labels(request.step, "3"), [request.kind]))[1]
    assert dict(status.labels) == {**run.labels(request.step, "3"), "timberline-attempt": "1"}


def test_after_a_failure_the_next_attempt_is_another_job(hook: VertexJobsHook, run: RunIdentity) -> None:
    first = hook.submit_once(custom(run, "--exit", "1")).ref
    assert _finished(hook, first).state is JobState.FAILED
    second = hook.submit_once(custom(run)).ref
    assert second != first
    attempts = {status.ref: status.labels["timberline-attempt"] for status in hook.find(run.labels("train"))}
    assert attempts == {first: "1", second: "2"}


def test_another_segment_step_or_run_is_another_job(hook: VertexJobsHook, run: RunIdentity) -> None:
    other_run = RunIdentity(run.dag_id, "another")
    requests = [custom(run), custom(run, segment="4"), custom(run, step="other"), custom(other_run)]
    assert len({hook.submit_once(request).ref.name for request in requests}) == 4


def test_an_answer_that_is_lost_does_not_make_a_second_job(
    cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity
) -> None:
    fault = cloud.add_fault(_CREATE, "drop", appliesFirst=True)
    request = custom(run, "--hang")
    ref = hook.submit_once(request).ref
    assert cloud.fault_is_consumed(fault)
    assert [status.ref for status in hook.find(request.labels, [request.kind])] == [ref]


def test_a_job_that_fails_at_once_is_submitted_once(hook: VertexJobsHook, run: RunIdentity) -> None:
    request = custom(run)
    pool = {
        **request.body["jobSpec"]["workerPoolSpecs"][0],
        "containerSpec": {"imageUri": "europe-docker.pkg.dev/p/r/none:1"},
    }
    body = {**request.body, "jobSpec": {"workerPoolSpecs": [pool]}}
    hook.submit_once(replace(request, body=body))
    assert len(_states(hook, request)) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_failure_that_passes_is_tried_again(
    status: int, cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity
) -> None:
    faults = [cloud.add_fault(method, "error", status=status, count=2) for method in (_CREATE, _LIST)]
    request = custom(run)
    hook.submit_once(request)
    assert all(cloud.fault_is_consumed(fault) for fault in faults)
    assert len(_states(hook, request)) == 1


def test_a_service_that_never_answers_is_a_retryable_error(
    cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity
) -> None:
    cloud.add_fault(_CREATE, "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable, match="train 3: Vertex AI did not answer"):
        hook.submit_once(custom(run))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"jobSpec": {}}, "worker"),
        ({"jobSpec": {"workerPoolSpecs": "x"}}, "workerPoolSpecs"),
        ({"unknownField": 1}, "unknownField"),
    ],
)
def test_a_job_that_is_refused_is_a_final_error_with_the_services_words(
    change: dict[str, Any], word: str, hook: VertexJobsHook, run: RunIdentity, no_pause: Any
) -> None:
    request = custom(run)
    body = {**request.body, **change}
    with pytest.raises(InputError, match=f"(?i)train 3: Vertex AI refuses the job: .*{word}"):
        hook.submit_once(replace(request, body=body))
    assert no_pause.asked == []


def test_of_racing_submitters_one_job_survives(make_hook: Callable[[], VertexJobsHook], run: RunIdentity) -> None:
    request = custom(run, "--hang")
    # Each creates only when all have looked and found nothing.
    barrier = threading.Barrier(3)

    def submit(_: int) -> JobRef:
        hook = make_hook()
        create = hook.create

        def together(*args: Any, **kwargs: Any) -> JobStatus:
            barrier.wait(30)
            return create(*args, **kwargs)

        hook.create = together  # type: ignore[method-assign]
        return hook.submit_once(request).ref

    with ThreadPoolExecutor(3) as pool:
        refs = list(pool.map(submit, range(3)))
    live = [status for status in make_hook().find(request.labels, [request.kind]) if status.state.is_adoptable]
    assert [status.ref for status in live] == [refs[0]]
    assert set(refs) == {refs[0]}


_CREATE_AND_DIE = """
import os, signal, sys
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.jobs_bodies import custom, status_of
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.run.identity import RunIdentity
hook = VertexJobsHook(sys.argv[1], "europe-west1", CONNECTION)
create = hook.create
hook.create = lambda *args, **kwargs: (create(*args, **kwargs), os.kill(os.getpid(), signal.SIGKILL))
hook.submit_once(custom(RunIdentity(sys.argv[2], sys.argv[3]), "--hang"))
"""


def test_the_job_of_a_worker_that_died_between_create_and_return_is_adopted(
    cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _CREATE_AND_DIE, cloud.project, run.dag_id, run.run_id]
    worker = subprocess.run(
        command, cwd=Path(__file__).parents[4], env={**os.environ, "PYTHONPATH": "plugins"}, check=False
    )
    assert worker.returncode == -signal.SIGKILL
    (orphan,) = hook.find(custom(run).labels)
    assert hook.submit_once(custom(run, "--hang")).ref == orphan.ref
    assert len(hook.find(custom(run).labels)) == 1


def test_any_number_of_jobs_is_followed_by_one_call(cloud: LocalCloud, hook: VertexJobsHook, run: RunIdentity) -> None:
    refs = [hook.submit_once(custom(run, "--hang", segment=str(number))).ref for number in range(7)]
    before = len(cloud.requests())
    statuses = hook.statuses(refs[::-1])
    assert len(cloud.requests()) - before == 1
    assert [status.ref for status in statuses] == refs[::-1]


def test_the_latest_attempt_stands_for_a_segment(hook: VertexJobsHook, run: RunIdentity) -> None:
    _finished(hook, hook.submit_once(custom(run, "--exit", "1")).ref)
    second = hook.submit_once(custom(run)).ref
    other = hook.submit_once(custom(run, segment="4")).ref
    found = latest_attempts(hook.find(run.labels("train")), ["3", "4", "5"])
    assert {segment: status.ref for segment, status in found.items()} == {"3": second, "4": other}


def test_a_failed_job_brings_the_end_of_its_log(hook: VertexJobsHook, run: RunIdentity) -> None:
    status = _finished(hook, hook.submit_once(custom(run, "--crash")).ref)
    assert "the trainer crashed as it was told to" in (status.problem or "")


def test_cancelling_ends_live_jobs_and_leaves_others_alone(hook: VertexJobsHook, run: RunIdentity) -> None:
    done = hook.submit_once(custom(run, segment="1")).ref
    _finished(hook, done)
    live = hook.submit_once(custom(run, "--hang", segment="2")).ref
    gone = JobRef(kind=live.kind, name=live.name + "0", run_key=live.run_key, step=live.step, segment="9")
    hook.cancel([done, live, gone])
    assert _finished(hook, live).state is JobState.CANCELLED
    assert status_of(hook, done).state is JobState.SUCCEEDED


def test_a_job_that_was_deleted_failed(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = hook.submit_once(custom(run)).ref
    _finished(hook, ref)
    hook.client.delete_custom_job(name=ref.name)
    (status,) = hook.statuses([ref])
    assert "does not exist any more" in (status.problem or "")


def test_a_tuning_job_shows_its_study(hook: VertexJobsHook, run: RunIdentity) -> None:
    status = _finished(hook, hook.submit_once(tuning(run)).ref)
    study = status.study
    assert study is not None
    assert (study.metric, study.goal, study.max_trials) == ("score", "MAXIMIZE", 2)
    assert study.declared == {
        "x": DeclaredParameter(ParameterType.DOUBLE),
        "depth": DeclaredParameter(ParameterType.INTEGER),
        "bins": DeclaredParameter(ParameterType.DISCRETE, (64.0, 128.0)),
        "weight": DeclaredParameter(ParameterType.CATEGORICAL, ("TRUE",)),
    }
    assert all(trial.is_usable for trial in study.trials)
    assert all(set(trial.parameters) == set(study.declared) for trial in study.trials)
    assert status.problem is None
    assert status.seconds is not None


def test_trials_without_a_metric_are_a_problem_of_the_job(hook: VertexJobsHook, run: RunIdentity) -> None:
    status = _finished(hook, hook.submit_once(tuning(run, "--metric", "none")).ref)
    assert status.problem
    assert time.time() >= (status.ended_s or 0)
