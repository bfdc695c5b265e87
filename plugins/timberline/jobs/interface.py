"""What the package knows of a service that runs jobs: the interface `RemoteJobs` and what it is asked for. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.run.identity import CONTENT_LABEL, RunIdentity

LabelsQuery = Mapping[str, str | None]
"""Labels that a job must carry; None stands for any value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRequest:
    """One job that shall exist once.

    Attributes:
        kind: what kind of job `body` is.
        body: the job in the JSON form of its service; it may carry further labels.
        labels: identify the job: every job that carries all of them stands for this request.
        title: what messages call the job, e.g. `train 3`.
        run_key, step, segment: as in `JobRef`.
    """

    kind: JobKind
    body: Mapping[str, Any]
    labels: Mapping[str, str]
    title: str
    run_key: str
    step: str
    segment: str

    @classmethod
    def of_step(
        cls,
        run: RunIdentity,
        step: str,
        segment: str,
        *,
        kind: JobKind,
        body: Mapping[str, Any],
        content: str | None = None,
    ) -> Self:
        """Return the request for the job of one step and segment of a run.

        Args:
            run: the run.
            step: the step, e.g. `train`.
            segment: which of the parallel models the job is for.
            kind: what kind of job `body` is.
            body: the job in the JSON form of its service.
            content: tells jobs of the step apart whose input changes between two tries; a label value.
        """
        labels = run.labels(step, segment) | ({} if content is None else {CONTENT_LABEL: content})
        return cls(
            kind=kind, body=body, labels=labels, title=f"{step} {segment}", run_key=run.run_key, step=step,
            segment=segment,
        )  # fmt: skip

    def ref(self, name: str) -> JobRef:
        """Return the reference to the job that the service calls `name`."""
        return JobRef(kind=self.kind, name=name, run_key=self.run_key, step=self.step, segment=self.segment)


class RemoteJobs(Protocol):
    """The jobs of one project and region, whichever service runs them.

    Submitting, waiting, cleanup and the janitor know nothing else of a service. Every method raises
    `ServiceUnavailable` where the service does not answer.
    """

    def find(self, labels: LabelsQuery, kinds: Collection[JobKind] | None = None) -> list[JobStatus]:
        """Return the jobs that carry all these labels, the oldest first.

        Args:
            labels: what the jobs must carry.
            kinds: the kinds of job to look for; None for every kind.
        """

    def submit_once(self, request: JobRequest) -> JobStatus:
        """Return the one job that stands for a request: an existing job that is live or succeeded, else a new one.

        Raises:
            InputError: the service refuses the job.
        """

    def statuses(self, refs: Sequence[JobRef]) -> list[JobStatus]:
        """Return the statuses of jobs of one run and step, in the order given, from one list call.

        A job that no longer exists counts as failed.
        """

    def cancel(self, refs: Iterable[JobRef]) -> list[JobRef]:
        """Cancel jobs, and return those that were cancelled: jobs that have ended or are gone are left alone."""
