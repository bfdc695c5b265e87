"""Vertex AI as a service that runs jobs: tuning, training and batch predictions."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.hooks.vertex import CALL_TIMEOUT_S, PAGE_SIZE, VertexHook, labels_filter, refusals
from timberline.hooks.vertex_messages import read_status
from timberline.jobs.interface import JobRequest, LabelsQuery
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.jobs.submission import submit_once
from timberline.run.identity import RUN_LABEL, SEGMENT_LABEL, STEP_LABEL, label_value

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import JobServiceClient

_log = getLogger(__name__)
# The name of a job in the client's methods and fields.
_RESOURCES = {
    JobKind.TUNING: "hyperparameter_tuning_job",
    JobKind.CUSTOM: "custom_job",
    JobKind.BATCH: "batch_prediction_job",
}


class VertexJobsHook(VertexHook):
    """The jobs of one project and region; implements `RemoteJobs`, on the calls of `JobCalls`."""

    service = "Vertex AI"

    @cached_property
    def client(self) -> "JobServiceClient":
        """Google's client, over REST."""
        from google.cloud.aiplatform_v1 import JobServiceClient

        return self._make_client(JobServiceClient)

    def find(self, labels: LabelsQuery, kinds: Collection[JobKind] | None = None) -> list[JobStatus]:
        """Return the jobs that carry all these labels, by one list call per kind of job."""
        wanted = [kind for kind in _RESOURCES if kinds is None or kind in kinds]
        messages = [(kind, message) for kind in wanted for message in self._list(kind, labels)]
        found = [read_status(message, _labelled_ref(kind, message)) for kind, message in messages]
        return sorted(found, key=lambda status: (status.created_s or 0.0, status.ref.name))

    def submit_once(self, request: JobRequest) -> JobStatus:
        """Return the one job that stands for a request, as `timberline.jobs.submission` does."""
        return submit_once(self, request, sleep=self._sleep)

    def statuses(self, refs: Sequence[JobRef]) -> list[JobStatus]:
        """Return the statuses of jobs of one run and step, from one list call.

        The list call may omit the trials of a tuning job, and may show a new job late: such a job is asked for alone.
        """
        if not refs:
            return []
        first = refs[0]
        labels = {RUN_LABEL: first.run_key, STEP_LABEL: label_value(first.step)}
        messages = {message.name: message for message in self._list(first.kind, labels)}
        return [self._status(ref, messages.get(ref.name)) for ref in refs]

    def cancel(self, refs: Iterable[JobRef]) -> list[JobRef]:
        """Cancel jobs, and return those that were cancelled."""
        return [ref for ref in refs if self._ended("cancel", ref)]

    def create(self, request: JobRequest, labels: Mapping[str, str]) -> JobStatus:
        """Create a job by one call."""
        from google.cloud import aiplatform_v1
        from google.protobuf.json_format import ParseDict

        resource = _RESOURCES[request.kind]
        message: Any = getattr(aiplatform_v1, "".join(word.capitalize() for word in resource.split("_")))()
        body = {**request.body, "labels": {**request.body.get("labels", {}), **labels}}
        create = self._method("create", request.kind)
        with refusals(f"{request.title}: Vertex AI refuses the job"):
            ParseDict(body, type(message).pb(message))
            created = create(parent=self.parent, **{resource: message}, timeout=CALL_TIMEOUT_S, retry=None)
        return read_status(created, request.ref(created.name))

    def discard(self, ref: JobRef) -> None:
        """Cancel and delete a job."""
        self._ended("cancel", ref)
        self._ended("delete", ref)

    def describe(self, ref: JobRef) -> dict[str, Any]:
        """Return a job in Google's JSON form: camelCase keys, enums by their names.

        Raises:
            NotFound: the job does not exist.
            ServiceUnavailable: the service did not answer.
        """
        from google.protobuf.json_format import MessageToDict

        message = self._get(ref)
        found: dict[str, Any] = MessageToDict(type(message).pb(message))
        return found

    def _status(self, ref: JobRef, listed: Any) -> JobStatus:
        """Read a job from the list call, or ask for the job alone where the list does not tell enough."""
        if listed is not None:
            status = read_status(listed, ref)
            if status.study is None or status.study.trials or not status.state.is_final:
                return status
        from google.api_core.exceptions import NotFound

        try:
            return read_status(self._get(ref), ref)
        except NotFound:
            error = "the job does not exist any more; clear the task that submitted it"
            return JobStatus(ref=ref, state=JobState.FAILED, error=error)

    def _get(self, ref: JobRef) -> Any:
        return self._called(self._method("get", ref.kind), ref.name, name=ref.name)

    def _list(self, kind: JobKind, labels: LabelsQuery) -> list[Any]:
        list_jobs = self._method("list", kind)
        page = {"parent": self.parent, "filter": labels_filter(labels), "page_size": PAGE_SIZE}
        found: list[Any] = self._called(lambda **call: list(list_jobs(**call)), f"listing {kind}", request=page)
        return found

    def _ended(self, verb: str, ref: JobRef) -> bool:
        """Cancel or delete a job; return False where the job is gone, has ended, or still ends."""
        from google.api_core.exceptions import BadRequest, Conflict, NotFound

        try:
            self._called(self._method(verb, ref.kind), ref.name, name=ref.name)
        except (NotFound, BadRequest, Conflict) as error:  # FailedPrecondition is a BadRequest
            _log.info("%s: %s", ref.name, error)
            return False
        return True

    def _method(self, verb: str, kind: JobKind) -> Callable[..., Any]:
        """Return a method of the client, e.g. `list_custom_jobs`."""
        name = f"{verb}_{_RESOURCES[kind]}" + ("s" if verb == "list" else "")
        method: Callable[..., Any] = getattr(self.client, name)
        return method


def _labelled_ref(kind: JobKind, message: Any) -> JobRef:
    """Return the reference to a job whose labels say which run, step and segment it belongs to."""
    labels = message.labels
    return JobRef(
        kind=kind, name=message.name, run_key=labels.get(RUN_LABEL, ""), step=labels.get(STEP_LABEL, ""),
        segment=labels.get(SEGMENT_LABEL, ""),
    )  # fmt: skip
