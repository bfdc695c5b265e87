"""Vertex AI jobs: submitted once however often it is asked for, listed, cancelled."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.endpoints import Connection, Service, endpoint
from timberline.errors import InputError, JobsFailed
from timberline.hooks.vertex_messages import read_status
from timberline.identity import ATTEMPT_LABEL, SEGMENT_LABEL
from timberline.remote import JobKind, JobRef, JobStatus
from timberline.transience import is_transient, pauses, retried

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import JobServiceClient

_log = getLogger(__name__)
_PAGE_SIZE = 100
_CALL_TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRequest:
    """One job to submit.

    Attributes:
        kind: what kind of job `body` is.
        body: a CustomJob or HyperparameterTuningJob in Google's JSON form, without labels.
        labels: what the job is found again by: run, step and segment.
    """

    kind: JobKind
    body: Mapping[str, Any]
    labels: Mapping[str, str]


class JobsHook:
    """Submits and follows the jobs of one project and region."""

    def __init__(
        self, project: str, region: str, connection: Connection, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Args: sleep: waits between tries; tests pass one that does not."""
        self._parent = f"projects/{project}/locations/{region}"
        self._region = region
        self._connection = connection
        self._sleep = sleep

    @cached_property
    def client(self) -> "JobServiceClient":
        """Google's client; REST, which every network lets through and one connection pool serves."""
        from google.cloud.aiplatform_v1 import JobServiceClient

        target = endpoint(Service.VERTEX, self._region, self._connection)
        return JobServiceClient(
            credentials=target.credentials, transport=target.transport, client_options=target.client_options
        )

    def submit(self, request: JobRequest, ref_labels: "RefLabels") -> JobStatus:
        """Return the one job that the labels stand for: an existing one that is live or succeeded, else a new one.

        Creating is not idempotent on Vertex AI, so that a lost answer is followed by a look-up, never by a second try
        alone. After creating, the look-up is repeated: where two submitters raced, both take the job that was created
        first, and the other job is cancelled and deleted.

        Raises:
            InputError: the service refuses the job as it is.
            ServiceUnavailable: the service did not answer.
        """
        last: Exception | None = None
        for pause in [*pauses(), None]:
            existing = self._find(request, ref_labels)
            if adopted := self._settle(existing):
                return adopted
            try:
                self._create(request, attempt=len(existing) + 1)
            except Exception as error:
                if not is_transient(error):
                    raise self._refusal(request, error) from error
                last = error
                _log.warning("submitting %s %s: %s; looking for the job before another try", *ref_labels.names, error)
            if created := self._settle(self._find(request, ref_labels)):
                return created
            if pause is not None:
                self._sleep(pause)
        raise JobsFailed(f"{ref_labels.step} {ref_labels.segment}: no job after several tries; the last error was {last}")
