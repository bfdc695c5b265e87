"""Vertex AI jobs: submitted once however often it is asked for, followed by one list call, cancelled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.hooks.vertex import CALL_TIMEOUT_S, PAGE_SIZE, VertexHook, labels_filter
from timberline.hooks.vertex_messages import read_status
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import (
    ATTEMPT_LABEL,
    CONTENT_LABEL,
    RUN_LABEL,
    SEGMENT_LABEL,
    STEP_LABEL,
    RunIdentity,
    label_value,
)
from timberline.run.transience import brief, is_transient, pauses, retried

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import JobServiceClient

_log = getLogger(__name__)
# What the client's methods and fields call a job.
_NOUNS = {
    JobKind.TUNING: "hyperparameter_tuning_job",
    JobKind.CUSTOM: "custom_job",
    JobKind.BATCH: "batch_prediction_job",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRequest:
    """One job that shall exist.

    Attributes:
        kind: what kind of job `body` is.
        body: a CustomJob, HyperparameterTuningJob or BatchPredictionJob in Google's JSON form; its labels may hold
            anything but those of the run.
        run: the run it belongs to.
        step: what it is for.
        segment: which of the parallel models it is for.
        content: what it works on where that may change between two tries, as a label's value; such jobs are told
            apart by it.
    """

    kind: JobKind
    body: Mapping[str, Any]
    run: RunIdentity
    step: str
    segment: str
    content: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What the job is found by."""
        labels = self.run.labels(self.step, self.segment)
        return labels if self.content is None else labels | {CONTENT_LABEL: self.content}

    def ref(self, name: str) -> JobRef:
        """Return the reference to the job once it has a name."""
        return JobRef(kind=self.kind, name=name, run_key=self.run.run_key, step=self.step, segment=self.segment)


class JobsHook(VertexHook):
    """The jobs of one project and region."""

    @cached_property
    def client(self) -> "JobServiceClient":
        """Google's client, over REST."""
        from google.cloud.aiplatform_v1 import JobServiceClient

        return self._make_client(JobServiceClient)

    def submit(self, request: JobRequest) -> JobStatus:
        """Return the one job that a request stands for: one that is live or succeeded, else a new one.

        Creating is not idempotent on Vertex AI: after a lost answer the job is looked up before another try. After
        creating it is looked up again: where two submitters raced, both take the job created first, and the other is
        cancelled and deleted. What remains is a service that lists a job later than it answers for it.

        Raises:
            InputError: the service refuses the job.
            ServiceUnavailable: the service did not answer.
        """
        existing = {status.ref.name: status for status in self._find(request)}
        if adopted := self._settle(existing.values()):
            _log.info("%s %s: %s exists (%s)", request.step, request.segment, adopted.ref.name, adopted.state)
            return adopted
        for pause in pauses():
            created = self._created(request, len(existing) + 1, pause)
            found = {status.ref.name: status for status in [*created, *self._find(request)]}
            if settled := self._settle(found.values()):
                return settled
            # A job that has failed already is this submission's all the same: whoever waits for it tells why.
            if new := [status for name, status in found.items() if name not in existing]:
                return new[0]
        raise ServiceUnavailable(
            f"{request.step} {request.segment}: Vertex AI did not answer the submission; try again later"
        )

    def statuses(self, refs: Sequence[JobRef]) -> list[JobStatus]:
        """Return what the service says about jobs of one run and step, in the order given, from one list call.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        if not refs:
            return []
        first = refs[0]
        labels = {RUN_LABEL: first.run_key, STEP_LABEL: label_value(first.step)}
        messages = {message.name: message for message in self._list(first.kind, labels)}
        return [self._status(ref, messages.get(ref.name)) for ref in refs]

    def status(self, ref: JobRef) -> JobStatus:
        """Return what the service says about one job, with all its trials.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        return self._status(ref, None)

    def group(self, kind: JobKind, run_key: str, step: str) -> list[JobStatus]:
        """Return the jobs of a run and step, the latest attempt of each segment, from one list call."""
        latest: dict[str, JobStatus] = {}
        for message in self._list(kind, {RUN_LABEL: run_key, STEP_LABEL: label_value(step)}):
            segment = message.labels[SEGMENT_LABEL]
            ref = JobRef(kind=kind, name=message.name, run_key=run_key, step=step, segment=segment)
            status = read_status(message, ref)
            if segment not in latest or (status.created_s or 0.0) > (latest[segment].created_s or 0.0):
                latest[segment] = status
        return list(latest.values())

    def live(self, run_key: str) -> list[JobRef]:
        """Return the jobs of a run, of any kind and step, that have not ended.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        found = []
        for kind in JobKind:
            for message in self._list(kind, {RUN_LABEL: run_key}):
                labels = message.labels
                step, segment = labels.get(STEP_LABEL, ""), labels.get(SEGMENT_LABEL, "")
                ref = JobRef(kind=kind, name=message.name, run_key=run_key, step=step, segment=segment)
                if not read_status(message, ref).state.is_final:
                    found.append(ref)
        return found

    def cancel(self, refs: Iterable[JobRef]) -> None:
        """Cancel jobs; those that have ended, or are gone, are left alone."""
        for ref in refs:
            self._tolerating_gone(self._verb("cancel", ref.kind), ref.name)

    def _status(self, ref: JobRef, message: Any) -> JobStatus:
        """Read a listed job; ask for it alone where the list does not tell enough.

        A list may leave the trials out, and a job may be listed late.
        """
        if message is not None:
            status = read_status(message, ref)
            if status.study is None or status.study.trials or not status.state.is_final:
                return status
        from google.api_core.exceptions import NotFound

        try:
            return read_status(self._called(self._verb("get", ref.kind), ref.name, name=ref.name), ref)
        except NotFound:
            return JobStatus(
                ref=ref, state=JobState.FAILED, error="the job does not exist any more; clear its submission"
            )

    def _find(self, request: JobRequest) -> list[JobStatus]:
        messages = self._list(request.kind, request.labels)
        return [read_status(message, request.ref(message.name)) for message in messages]

    def _list(self, kind: JobKind, labels: Mapping[str, str]) -> list[Any]:
        call = self._verb("list", kind)
        page = {"parent": self._parent, "filter": labels_filter(labels), "page_size": PAGE_SIZE}
        return retried(
            lambda: list(call(request=page, timeout=CALL_TIMEOUT_S, retry=None)), f"listing {kind}", sleep=self._sleep
        )

    def _created(self, request: JobRequest, attempt: int, pause: float) -> list[JobStatus]:
        """Return the job created, none where no answer came: it may exist, and shows after a pause."""
        try:
            return [self._create(request, attempt)]
        except Exception as error:
            if not is_transient(error):
                raise _refusal(request, error) from error
            _log.warning("%s %s: no answer to the submission (%s)", request.step, request.segment, brief(error))
            self._sleep(pause)
            return []

    def _create(self, request: JobRequest, attempt: int) -> JobStatus:
        labels = {**request.body.get("labels", {}), **request.labels, ATTEMPT_LABEL: str(attempt)}
        created = self._create_job(request.kind, {**request.body, "labels": labels})
        _log.info("%s %s: submitted %s", request.step, request.segment, created.name)
        return read_status(created, request.ref(created.name))

    def _create_job(self, kind: JobKind, body: Mapping[str, Any]) -> Any:
        """Create a job by one call, and return the service's message; what goes wrong is passed on."""
        from google.cloud import aiplatform_v1
        from google.protobuf.json_format import ParseDict

        noun = _NOUNS[kind]
        message: Any = getattr(aiplatform_v1, "".join(word.capitalize() for word in noun.split("_")))()
        ParseDict(dict(body), type(message).pb(message))
        create = self._verb("create", kind)
        return create(parent=self._parent, **{noun: message}, timeout=CALL_TIMEOUT_S, retry=None)

    def _settle(self, statuses: Iterable[JobStatus]) -> JobStatus | None:
        """Return the job that all submitters agree on, None where there is none; end the others."""
        candidates = sorted(
            (status for status in statuses if status.state.is_adoptable),
            key=lambda status: (status.created_s or 0.0, status.ref.name),
        )
        for loser in candidates[1:]:
            if not loser.state.is_final:
                _log.warning(
                    "%s is a second %s; cancelled, %s goes on", loser.ref.name, loser.ref.step, candidates[0].ref.name
                )
                self._tolerating_gone(self._verb("cancel", loser.ref.kind), loser.ref.name)
                self._tolerating_gone(self._verb("delete", loser.ref.kind), loser.ref.name)
        return candidates[0] if candidates else None

    def _tolerating_gone(self, call: Callable[..., Any], name: str) -> None:
        """Call, and take it for done where the job is gone, has ended, or (to be deleted) is still ending."""
        from google.api_core.exceptions import BadRequest, Conflict, NotFound

        try:
            self._called(call, name, name=name)
        except (NotFound, BadRequest, Conflict) as error:  # FailedPrecondition is a BadRequest
            _log.info("%s: %s", name, error)

    def _verb(self, verb: str, kind: JobKind) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self.client, f"{verb}_{_NOUNS[kind]}" + ("s" if verb == "list" else ""))
        return method


def _refusal(request: JobRequest, error: Exception) -> Exception:
    """Return the error of a submission that will never be accepted; anything but a client error is passed on."""
    from google.api_core.exceptions import ClientError
    from google.protobuf.json_format import ParseError

    if not isinstance(error, ClientError | ParseError):
        return error
    message = getattr(error, "message", str(error))
    return InputError(f"{request.step} {request.segment}: Vertex AI refuses the job: {message}")
