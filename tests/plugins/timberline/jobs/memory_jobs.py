"""A service that runs jobs, in memory: what `RemoteJobs` and `submit_once` need, and faults at each call."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from timberline.jobs.interface import JobRequest, LabelsQuery
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.jobs.submission import submit_once


def no_wait(_seconds: float) -> None:
    """Stand for `time.sleep`."""


class MemoryJobs:
    """Jobs that change their states when a test says so.

    Attributes:
        jobs: the jobs by name; a test changes them freely.
        before_create, after_create: called around the creation of a job; what they raise is the call's failure.
    """

    service = "Memory"

    def __init__(self) -> None:
        self.jobs: dict[str, JobStatus] = {}
        self.before_create: Callable[[], object] = lambda: None
        self.after_create: Callable[[], object] = lambda: None
        self.first_state = JobState.PENDING

    def find(self, labels: LabelsQuery, kinds: Collection[JobKind] | None = None) -> list[JobStatus]:
        return [
            status
            for status in self.jobs.values()
            if (kinds is None or status.ref.kind in kinds)
            and all(key in status.labels and value in (None, status.labels[key]) for key, value in labels.items())
        ]

    def submit_once(self, request: JobRequest) -> JobStatus:
        return submit_once(self, request, sleep=no_wait)

    def statuses(self, refs: Sequence[JobRef]) -> list[JobStatus]:
        return [self.jobs[ref.name] for ref in refs]

    def cancel(self, refs: Iterable[JobRef]) -> list[JobRef]:
        live = [ref for ref in refs if not self.jobs[ref.name].state.is_final]
        for ref in live:
            self.set_state(ref, JobState.CANCELLED)
        return live

    def create(self, request: JobRequest, labels: Mapping[str, str]) -> JobStatus:
        self.before_create()
        number = len(self.jobs) + 1
        created = JobStatus(
            ref=request.ref(f"jobs/{number}"), state=self.first_state, created_s=float(number), labels=labels
        )
        self.jobs[created.ref.name] = created
        self.after_create()
        return created

    def discard(self, ref: JobRef) -> None:
        del self.jobs[ref.name]

    def set_state(self, ref: JobRef, state: JobState) -> None:
        self.jobs[ref.name] = replace(self.jobs[ref.name], state=state)
