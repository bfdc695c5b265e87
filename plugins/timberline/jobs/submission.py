"""Submitting a job once, however often it is asked for and whatever happens to the answers. Pure.

Services give jobs their ids, and creating a job is not idempotent: after a lost answer nobody knows whether the job
exists. So identity lies in labels. A submission looks for the job before it creates one, and looks again afterwards:
after a lost answer that shows the job, and where two submitters raced, both see both jobs and keep the same one.

Remaining gap: list calls are eventually consistent, so a job may be listed too late to be seen.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from logging import getLogger
from typing import Protocol

from timberline.jobs.interface import JobRequest, LabelsQuery
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.run.errors import ServiceUnavailable
from timberline.run.identity import ATTEMPT_LABEL
from timberline.run.transience import brief, is_transient, pauses

_log = getLogger(__name__)


class JobCalls(Protocol):
    """The calls of a service that `submit_once` needs."""

    @property
    def service(self) -> str:
        """What messages call the service, e.g. `Vertex AI`."""

    def find(self, labels: LabelsQuery, kinds: Collection[JobKind] | None = None) -> list[JobStatus]:
        """Return the jobs that carry all these labels, as `RemoteJobs.find` does."""

    def create(self, request: JobRequest, labels: Mapping[str, str]) -> JobStatus:
        """Create a job with these labels by exactly one call.

        Raises:
            InputError: the service refuses the job.
            Exception: the call failed; where `is_transient` holds for the error the job may exist all the same.
        """

    def discard(self, ref: JobRef) -> None:
        """Cancel and delete a job; one that is gone, has ended or still ends is left alone."""


def submit_once(calls: JobCalls, request: JobRequest, *, sleep: Callable[[float], object] = time.sleep) -> JobStatus:
    """Return the one job that stands for a request: one that is live or succeeded, else a new one.

    Args:
        calls: the service.
        request: the job.
        sleep: waits between tries; tests pass a function that does not wait.

    Raises:
        InputError: the service refuses the job.
        ServiceUnavailable: the service did not answer.
    """
    existing = _found(calls, request)
    if adopted := _survivor(calls, request, existing.values()):
        _log.info("%s: %s exists (%s)", request.title, adopted.ref.name, adopted.state)
        return adopted
    labels = {**request.labels, ATTEMPT_LABEL: str(len(existing) + 1)}
    for pause in pauses():
        created = _created(calls, request, labels)
        if not created:
            sleep(pause)
        found = created | _found(calls, request)
        if survivor := _survivor(calls, request, found.values()):
            return survivor
        # A new job that has already failed is returned too: the task that waits for the job reports the failure.
        if new := [status for name, status in found.items() if name not in existing]:
            return new[0]
    raise ServiceUnavailable(f"{request.title}: {calls.service} did not answer the submission; try again later")


def _found(calls: JobCalls, request: JobRequest) -> dict[str, JobStatus]:
    """Return the jobs that stand for a request, by name."""
    found = calls.find(request.labels, [request.kind])
    return {status.ref.name: replace(status, ref=request.ref(status.ref.name)) for status in found}


def _created(calls: JobCalls, request: JobRequest, labels: Mapping[str, str]) -> dict[str, JobStatus]:
    """Return the new job by name; nothing where no answer came, so that the job may exist or not."""
    try:
        created = calls.create(request, labels)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("%s: no answer to the submission (%s)", request.title, brief(error))
        return {}
    _log.info("%s: submitted %s", request.title, created.ref.name)
    return {created.ref.name: created}


def _survivor(calls: JobCalls, request: JobRequest, statuses: Iterable[JobStatus]) -> JobStatus | None:
    """Return the job that all submitters agree on, the one created first, and discard the others that are live.

    Returns:
        The job; None where no job is live or succeeded.
    """
    candidates = sorted(
        (status for status in statuses if status.state.is_adoptable),
        key=lambda status: (status.created_s or 0.0, status.ref.name),
    )
    for loser in candidates[1:]:
        if not loser.state.is_final:
            winner = candidates[0].ref.name
            _log.warning("%s: %s is a second job; cancelled, %s goes on", request.title, loser.ref.name, winner)
            calls.discard(loser.ref)
    return candidates[0] if candidates else None
