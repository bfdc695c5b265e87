"""AI Platform jobs on Vertex AI: found by the id that their user chose; each id is used once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from timberline.ai_platform.answers.outputs import v1_job
from timberline.ai_platform.job_ids import SUBMISSION_LABEL, check_job_id, job_label
from timberline.ai_platform.translate.training import TrainingTranslation
from timberline.hooks.vertex import refusals
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobStatus
from timberline.run.errors import FinalError, InputError, SettingsError
from timberline.run.identity import ALL_SEGMENTS
from timberline.run.services import Connection
from timberline.run.settings import Settings
from timberline.run.transience import brief


def submit_job(translation: TrainingTranslation, settings: Settings, connection: Connection) -> str:
    """Submit a job that belongs to no run, and return its resource name.

    Args:
        translation: the job; it runs in its own region, or else in the deployment's.
        settings: where the deployment lives.
        connection: who calls.

    Raises:
        InputError: the job's id is missing or taken, or the service refuses the job.
        SettingsError: the connection has no credentials that Google accepts.
        ServiceUnavailable: the service did not answer.
    """
    vertex_jobs = VertexJobsHook(settings.project, translation.region or settings.region, connection)
    with _credentials(vertex_jobs, connection):
        return AiPlatformJobs(vertex_jobs).submit_new(translation)


def describe_job(job_id: str, settings: Settings, connection: Connection) -> dict[str, Any]:
    """Return a job of the deployment's region as AI Platform answered; metrics and parameters have Vertex AI's names.

    Raises:
        InputError: no job has the id.
        SettingsError: the connection has no credentials that Google accepts.
        ServiceUnavailable: the service did not answer.
    """
    vertex_jobs = VertexJobsHook(settings.project, settings.region, connection)
    with _credentials(vertex_jobs, connection):
        return AiPlatformJobs(vertex_jobs).v1_job(check_job_id(job_id))


@contextmanager
def _credentials(vertex_jobs: VertexJobsHook, connection: Connection) -> Iterator[None]:
    """Report missing or refused credentials in one line.

    Raises:
        SettingsError: the credentials are missing or refused.
    """
    from google.auth.exceptions import GoogleAuthError

    try:
        vertex_jobs.client  # noqa: B018 - it asks the connection for credentials
    except FinalError:
        raise
    except Exception as error:  # raised by Airflow, Google, or a connection backend
        raise _no_credentials(connection, error) from error
    try:
        yield
    except GoogleAuthError as error:
        raise _no_credentials(connection, error) from error


class AiPlatformJobs:
    """The jobs of one project and region, found by their AI Platform ids.

    An id is unique among the jobs of the project and region (on AI Platform it was unique in the project). Deleting a
    job frees its id.
    """

    def __init__(self, vertex_jobs: VertexJobsHook) -> None:
        self._jobs = vertex_jobs

    def submit_new(self, translation: TrainingTranslation) -> str:
        """Submit a job that belongs to no run under an id that no job has, and return its resource name.

        Raises:
            InputError: the id is missing or taken, or the service refuses the job.
            ServiceUnavailable: the service did not answer.
        """
        job_id = translation.job_id
        if job_id is None:
            raise InputError("jobId: expected an id to submit the job under, found none; name it")
        title = f"jobId {job_id}"
        # The label of the submission tells this job from every other job of the id.
        labels = {**job_label(job_id), SUBMISSION_LABEL: uuid4().hex}
        request = JobRequest(
            kind=translation.kind, body=translation.body, labels=labels, title=title, run_key="", step="",
            segment=ALL_SEGMENTS,
        )  # fmt: skip
        with refusals(f"{title}: Vertex AI refuses the job"):
            return self.submit(request, job_id).ref.name

    def submit(self, request: JobRequest, job_id: str) -> JobStatus:
        """Return the job that stands for a request, submitted unless it exists, under an id of its own.

        Of two requests that race for an id, the one whose job was created first has it; the other's job is discarded.

        Args:
            request: the job; its body carries the label of the id.
            job_id: the id.

        Raises:
            InputError: a job that stands for another request has the id, or the service refuses the job.
            ServiceUnavailable: the service did not answer.
        """
        if (owner := self._other_owner(request, job_id)) is not None:
            raise _taken(job_id, owner)
        status = self._jobs.submit_once(request)
        owner = self._other_owner(request, job_id)
        if owner is not None and _is_older(owner, status):
            self._jobs.discard(status.ref)
            raise _taken(job_id, owner)
        return status

    def v1_job(
        self, job_id: str, *, metric_tag: str | None = None, parameter_names: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the job of an id as AI Platform would: `trainingOutput` has the trials, best first.

        Args:
            job_id: the id. Where several tries of one step have it, the last try is returned.
            metric_tag, parameter_names: the names on AI Platform, where the names on Vertex AI had to differ.

        Raises:
            InputError: no job has the id.
            ServiceUnavailable: the service did not answer.
        """
        found = self.with_id(job_id)
        if not found:
            raise InputError(
                f"job_id: expected the id of a job in {self._jobs.parent}, found {job_id!r}, which no job has"
            )
        # The list call may omit the trials.
        body = self._jobs.describe(found[-1].ref)
        return v1_job(body, metric_tag=metric_tag, parameter_names=parameter_names) | {"jobId": job_id}

    def with_id(self, job_id: str) -> list[JobStatus]:
        """Return the jobs of an id, of all kinds, the oldest first."""
        return self._jobs.find(job_label(job_id))

    def _other_owner(self, request: JobRequest, job_id: str) -> JobStatus | None:
        """Return the oldest job of an id that stands for another request; None without such a job."""
        others = (job for job in self.with_id(job_id) if not request.labels.items() <= job.labels.items())
        return next(others, None)


def _is_older(job: JobStatus, other: JobStatus) -> bool:
    return (job.created_s or 0.0, job.ref.name) < (other.created_s or 0.0, other.ref.name)


def _taken(job_id: str, owner: JobStatus) -> InputError:
    return InputError(
        f"jobId: expected one that is not used yet, found {job_id!r}, which {owner.ref.name} has; choose another"
    )


def _no_credentials(connection: Connection, error: Exception) -> SettingsError:
    variable = f"AIRFLOW_CONN_{connection.gcp_conn_id.upper()}"
    return SettingsError(
        f"connection {connection.gcp_conn_id}: expected credentials for Google Cloud, found none that work "
        f"({brief(error)}); set {variable}=google-cloud-platform:// for those of this machine"
    )
