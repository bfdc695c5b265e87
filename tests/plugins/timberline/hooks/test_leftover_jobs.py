"""Left-over jobs of any service that runs jobs."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.plugins.timberline.jobs.memory_jobs import MemoryJobs
from timberline.hooks.leftover_jobs import Jobs
from timberline.janitor.rules import Leftover, LeftoverKind, sort_out
from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobKind
from timberline.jobs.states import JobState
from timberline.run.identity import RunIdentity

_REQUEST = JobRequest.of_step(RunIdentity("dag", "run"), "train", "3", kind=JobKind.CUSTOM, body={})


@pytest.fixture
def service() -> MemoryJobs:
    return MemoryJobs()


@pytest.fixture
def store(service: MemoryJobs) -> Jobs:
    cloud: Any = SimpleNamespace(jobs=service)
    return Jobs(cloud)


def _leftover(store: Jobs) -> Leftover:
    (leftover,) = sort_out(LeftoverKind.JOBS, store.sightings(), 100.0).leftovers
    return leftover


def test_a_live_job_of_a_run_is_cancelled(service: MemoryJobs, store: Jobs) -> None:
    ref = service.submit_once(_REQUEST).ref
    assert store.remove(_leftover(store))
    assert service.jobs[ref.name].state is JobState.CANCELLED


def test_a_job_that_has_ended_meanwhile_is_left_alone(service: MemoryJobs, store: Jobs) -> None:
    ref = service.submit_once(_REQUEST).ref
    leftover = _leftover(store)
    service.set_state(ref, JobState.SUCCEEDED)
    assert not store.remove(leftover)
    assert service.jobs[ref.name].state is JobState.SUCCEEDED


def test_a_job_that_is_gone_is_left_alone(service: MemoryJobs, store: Jobs) -> None:
    ref = service.submit_once(_REQUEST).ref
    leftover = _leftover(store)
    service.discard(ref)
    assert not store.remove(leftover)
