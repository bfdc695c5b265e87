"""A job is submitted once, whatever the service and whatever happens to its answers."""

from collections.abc import Callable

import pytest

from tests.plugins.timberline.jobs.memory_jobs import MemoryJobs, no_wait
from timberline.jobs.interface import JobRequest, RemoteJobs
from timberline.jobs.remote import JobKind
from timberline.jobs.states import JobState
from timberline.jobs.submission import submit_once
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import ATTEMPT_LABEL, RunIdentity

_RUN = RunIdentity("dag", "run")


def _request(segment: str = "3", content: str | None = None) -> JobRequest:
    return JobRequest.of_step(_RUN, "train", segment, kind=JobKind.CUSTOM, body={}, content=content)


@pytest.fixture
def jobs() -> MemoryJobs:
    return MemoryJobs()


def _failing(error: Exception, times: int = 1) -> Callable[[], None]:
    left = iter(range(times))

    def fail() -> None:
        if next(left, None) is not None:
            raise error

    return fail


def test_a_service_in_memory_is_a_service_of_remote_jobs(jobs: MemoryJobs) -> None:
    remote: RemoteJobs = jobs
    assert remote.submit_once(_request()).state is JobState.PENDING


def test_a_second_submission_adopts_the_live_job(jobs: MemoryJobs) -> None:
    assert jobs.submit_once(_request()).ref == jobs.submit_once(_request()).ref
    assert len(jobs.jobs) == 1


def test_a_job_that_succeeded_is_adopted(jobs: MemoryJobs) -> None:
    first = jobs.submit_once(_request()).ref
    jobs.set_state(first, JobState.SUCCEEDED)
    assert jobs.submit_once(_request()).ref == first


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.CANCELLING, JobState.EXPIRED])
def test_after_a_job_that_cannot_succeed_the_next_attempt_is_another_job(jobs: MemoryJobs, state: JobState) -> None:
    first = jobs.submit_once(_request()).ref
    jobs.set_state(first, state)
    second = jobs.submit_once(_request())
    assert second.ref != first
    assert second.labels[ATTEMPT_LABEL] == "2"


def test_other_labels_are_another_job(jobs: MemoryJobs) -> None:
    requests = [_request("4"), _request(content="a"), _request(content="b")]
    assert len({jobs.submit_once(request).ref for request in requests}) == 3


def test_a_job_whose_answer_was_lost_is_found(jobs: MemoryJobs) -> None:
    jobs.after_create = _failing(ConnectionError("reset"))
    assert jobs.submit_once(_request()).ref.name == "jobs/1"
    assert len(jobs.jobs) == 1


def test_a_request_that_was_lost_is_made_again_after_a_pause(jobs: MemoryJobs) -> None:
    jobs.before_create = _failing(ConnectionError("refused"), times=2)
    pauses: list[float] = []
    assert submit_once(jobs, _request(), sleep=pauses.append).ref.name == "jobs/1"
    assert len(pauses) == 2


def test_a_job_that_fails_at_once_is_returned_and_not_submitted_again(jobs: MemoryJobs) -> None:
    jobs.first_state = JobState.FAILED
    assert jobs.submit_once(_request()).state is JobState.FAILED
    assert len(jobs.jobs) == 1


def test_a_refusal_is_final(jobs: MemoryJobs) -> None:
    jobs.before_create = _failing(InputError("no"), times=1)
    with pytest.raises(InputError, match=r"^no$"):
        submit_once(jobs, _request(), sleep=lambda _: pytest.fail("waited"))


def test_a_service_that_stays_away_is_named(jobs: MemoryJobs) -> None:
    jobs.before_create = _failing(ConnectionError("refused"), times=99)
    with pytest.raises(ServiceUnavailable, match=r"^train 3: Memory did not answer the submission; try again later$"):
        jobs.submit_once(_request())


def test_the_references_have_the_segment_as_the_run_calls_it(jobs: MemoryJobs) -> None:
    """The label of a segment may differ from the segment."""
    request = _request("Ärger & Co")
    assert {jobs.submit_once(request).ref.segment, jobs.submit_once(request).ref.segment} == {"Ärger & Co"}


@pytest.mark.parametrize("point", ["before_create", "after_create"])
def test_of_two_submitters_that_race_both_keep_the_job_created_first(jobs: MemoryJobs, point: str) -> None:
    """The other submitter does its work while this one is at the call that creates the job."""
    others = []

    def race() -> None:
        setattr(jobs, point, lambda: None)
        others.append(_submitted_blindly(jobs) if point == "after_create" else jobs.submit_once(_request()))

    setattr(jobs, point, race)
    mine = jobs.submit_once(_request())
    assert mine.ref == others[0].ref
    assert [status.ref for status in jobs.find(_request().labels)] == [mine.ref]


def _submitted_blindly(jobs: MemoryJobs) -> object:
    """Submit as one who looked before the other job was there."""
    find, first = jobs.find, iter([True])
    jobs.find = lambda *args: [] if next(first, False) else find(*args)  # type: ignore[method-assign]
    return submit_once(jobs, _request(), sleep=no_wait)
