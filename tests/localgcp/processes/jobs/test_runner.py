"""Jobs from their creation to their end, with work that the tests control."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from localgcp.core.control.holds import Holds
from localgcp.core.conventions.errors import ApiError, RpcCode, not_found
from localgcp.core.state.state import State
from localgcp.core.state.states import JobState
from localgcp.processes.jobs.context import JobContext, JobFailed, JobTimedOut
from localgcp.processes.jobs.records import Job, JobRecords
from localgcp.processes.jobs.runner import JobRunner
from localgcp.processes.launcher import ProcessLauncher

NAME = "projects/p/locations/l/customJobs/1"
_WAIT_S = 20.0


class Work:
    """Runs what a test gives it; by default a job runs until it is cancelled."""

    def __init__(self) -> None:
        self.outcome: Callable[[], Mapping[str, Any]] | None = None
        self.ran: list[str] = []
        self.ended_parts: list[str] = []

    async def run(self, job: Job) -> Mapping[str, Any]:
        self.ran.append(job["name"])
        self.context.mark_running(job["name"])
        if self.outcome is None:
            await asyncio.sleep(600)
        assert self.outcome is not None
        return self.outcome()

    def end_parts(self, name: str) -> None:
        self.ended_parts.append(name)

    context: JobContext


class Jobs:
    """One server's jobs on a state folder."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder)
        self.holds = Holds(self.state)
        self.records = JobRecords(self.state, "jobs", {"customJobs": "CustomJob"}, self.holds)
        self.launcher = ProcessLauncher(folder, cpu_slots=1)
        self.work = Work()
        self.work.context = JobContext(records=self.records, launcher=self.launcher, folder=folder / "jobs")
        self.runner = JobRunner(self.work.context, self.work, self.holds)

    def start(self) -> None:
        self.launcher.start()
        self.runner.start()

    def stop(self) -> None:
        self.runner.stop()
        self.launcher.stop()
        self.state.close()

    def wait(self, state: JobState) -> Job:
        deadline = time.monotonic() + _WAIT_S
        while self.records.state(NAME) is not state and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert self.records.state(NAME) is state
        return self.records.job(NAME)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path)
    jobs.start()
    yield jobs
    jobs.stop()


def raising(error: BaseException) -> Callable[[], Mapping[str, Any]]:
    def outcome() -> Mapping[str, Any]:
        raise error

    return outcome


def test_job_that_succeeds_has_its_times_and_the_fields_of_its_work(jobs: Jobs) -> None:
    jobs.work.outcome = lambda: {"outputInfo": "there"}
    jobs.runner.create(NAME, {"displayName": "j"})
    job = jobs.wait(JobState.SUCCEEDED)
    assert job["outputInfo"] == "there"
    assert job["createTime"] <= job["startTime"] <= job["endTime"] == job["updateTime"]
    assert jobs.work.ended_parts == [NAME]


@pytest.mark.parametrize(
    ("error", "state", "code", "message"),
    [
        (JobFailed("no", RpcCode.NOT_FOUND), JobState.FAILED, 5, "no"),
        (not_found("no bucket"), JobState.FAILED, 5, "no bucket"),
        (JobTimedOut("too long"), JobState.CANCELLED, 4, "too long"),
        (ValueError("bug"), JobState.FAILED, 13, "localgcp failed to run the job: ValueError('bug')"),
    ],
)
def test_job_ends_with_the_error_that_its_work_raised(
    jobs: Jobs, error: Exception, state: JobState, code: int, message: str
) -> None:
    jobs.work.outcome = raising(error)
    jobs.runner.create(NAME, {})
    assert jobs.wait(state)["error"] == {"code": code, "message": message}


def test_cancelled_job_ends_as_cancelled(jobs: Jobs) -> None:
    jobs.runner.create(NAME, {})
    jobs.wait(JobState.RUNNING)
    jobs.runner.cancel(NAME)
    assert jobs.wait(JobState.CANCELLED)["error"] == {"code": 1, "message": "The job was cancelled."}


def test_job_that_is_cancelled_before_its_first_step_ends(jobs: Jobs) -> None:
    gate = threading.Event()
    jobs.launcher.call(gate.wait)
    jobs.runner.create(NAME, {})
    jobs.runner.cancel(NAME)
    gate.set()
    assert jobs.wait(JobState.CANCELLED)["error"] == {"code": 1, "message": "The job was cancelled."}


def test_next_server_resumes_a_job_that_was_running(tmp_path: Path) -> None:
    first = Jobs(tmp_path)
    first.start()
    first.runner.create(NAME, {})
    first.wait(JobState.RUNNING)
    first.stop()
    second = Jobs(tmp_path)
    second.work.outcome = dict
    second.start()
    second.wait(JobState.SUCCEEDED)
    assert second.work.ran == [NAME]
    second.stop()


def test_stored_job_in_an_unknown_state_costs_that_job_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = State(tmp_path)
    state.collection("jobs").put("bad", {"name": "bad", "state": "JOB_STATE_DREAMING", "createTime": "t"})
    state.collection("jobs").put(NAME, {"name": NAME, "state": "JOB_STATE_QUEUED", "createTime": "t"})
    state.close()
    jobs = Jobs(tmp_path)
    jobs.work.outcome = dict
    jobs.start()
    jobs.wait(JobState.SUCCEEDED)
    assert "the record bad of jobs cannot be read" in caplog.text
    with pytest.raises(ApiError, match="does not exist"):
        jobs.records.job("bad")
    jobs.stop()


def test_held_job_runs_when_it_is_released(jobs: Jobs) -> None:
    jobs.holds.hold_new_jobs(JobState.QUEUED)
    jobs.work.outcome = dict
    jobs.runner.create(NAME, {})
    assert jobs.work.ran == []
    jobs.runner.release(NAME)
    jobs.wait(JobState.SUCCEEDED)


def test_set_state_ends_the_processes_and_the_job_stays_in_the_state(jobs: Jobs) -> None:
    jobs.runner.create(NAME, {})
    jobs.wait(JobState.RUNNING)
    jobs.runner.set_state(NAME, JobState.PAUSED, None)
    assert jobs.records.state(NAME) is JobState.PAUSED
    jobs.work.outcome = dict
    jobs.runner.release(NAME)
    jobs.wait(JobState.SUCCEEDED)
    assert jobs.work.ran == [NAME, NAME]
