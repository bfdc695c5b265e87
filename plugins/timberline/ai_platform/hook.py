"""Submits what a v1 training job is on Vertex AI, under an id that is used once, as it was in v1."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from timberline.ai_platform.answers.outputs import v1_job
from timberline.ai_platform.translate.job_ids import check_job_id, job_label
from timberline.ai_platform.translate.training import TrainingTranslation
from timberline.hooks.vertex_jobs import JobRequest, JobsHook
from timberline.jobs.remote import JobKind, JobStatus
from timberline.run.errors import FinalError, InputError, ServiceUnavailable, SettingsError
from timberline.run.services import Connection
from timberline.run.settings import Settings
from timberline.run.transience import brief, is_transient, pauses


def submit_job(translation: TrainingTranslation, settings: Settings, connection: Connection) -> str:
    """Submit a job, in its own region or else that of the deployment, and return its resource name.

    Raises:
        InputError: its id is missing or taken, or the service refuses the job.
        SettingsError: the connection has no credentials that Google takes.
        ServiceUnavailable: the service did not answer.
    """
    hook = AiPlatformJobsHook(settings.project, translation.region or settings.region, connection)
    with _credentials(hook, connection):
        return hook.submit_once(translation)


def describe_job(job_id: str, settings: Settings, connection: Connection) -> dict[str, Any]:
    """Return a job of the deployment's region by its id, as v1 answered; names are those that Vertex AI has.

    Raises:
        InputError: no job has the id.
        SettingsError: the connection has no credentials that Google takes.
        ServiceUnavailable: the service did not answer.
    """
    hook = AiPlatformJobsHook(settings.project, settings.region, connection)
    with _credentials(hook, connection):
        return hook.v1_job(check_job_id(job_id))


@contextmanager
def _credentials(hook: "AiPlatformJobsHook", connection: Connection) -> Iterator[None]:
    """Tell in one line of credentials that are missing or do not work.

    Raises:
        SettingsError: they do not.
    """
    from google.auth.exceptions import GoogleAuthError

    try:
        hook.client  # noqa: B018 - it asks the connection for credentials
    except FinalError:
        raise
    except Exception as error:  # Airflow's, Google's or a backend's of connections
        raise _no_credentials(connection, error) from error
    try:
        yield
    except GoogleAuthError as error:
        raise _no_credentials(connection, error) from error


class AiPlatformJobsHook(JobsHook):
    """Jobs that are found by the id that their users chose.

    An id is unique among the jobs of one project and region; v1's were so in a project. Deleting a job frees its id.
    """

    def submit_once(self, translation: TrainingTranslation) -> str:
        """Submit a job under an id that no job has, and return its resource name.

        Of two submitters that race, the one whose job was created first has the id; the other takes its own back.

        Raises:
            InputError: the id is missing or taken, or the service refuses the job.
            ServiceUnavailable: the service did not answer.
        """
        job_id = translation.job_id
        if job_id is None:
            raise InputError("jobId: expected an id to submit the job under, found none; name it")
        try:
            return self._submit(translation, job_id)
        except Exception as error:
            if (refused := _refused(job_id, error)) is None:
                raise
            raise refused from error

    def _submit(self, translation: TrainingTranslation, job_id: str) -> str:
        if taken := self._with_id(job_id):
            raise _taken(job_id, taken[0])
        name = self._created_once(translation, job_id)
        found = self._with_id(job_id)
        if found and found[0].name != name:
            self._take_back(translation.kind, name)
            raise _taken(job_id, found[0])
        return name

    def submit_of_run(self, request: JobRequest, job_id: str) -> JobStatus:
        """Return the job of a run's step, submitted where it is not there; its body has the label of its id.

        Raises:
            InputError: a job of another run or step has the id, or the service refuses the job.
            ServiceUnavailable: the service did not answer.
        """
        for job in self._with_id(job_id):
            if not _is_of(request, job):
                raise _taken(job_id, job)
        status = self.submit(request)
        first = next(iter(self._with_id(job_id)), None)
        if first is not None and not _is_of(request, first):  # of two runs that race the earlier one has the id
            self._take_back(request.kind, status.ref.name)
            raise _taken(job_id, first)
        return status

    def v1_job(
        self, job_id: str, *, metric_tag: str | None = None, parameter_names: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the job of an id as v1 would: `trainingOutput` has the trials, best first.

        Args:
            job_id: v1's id. Of several tries of one step it is the last one.
            metric_tag, parameter_names: v1's names, where Vertex AI's had to differ.

        Raises:
            InputError: no job has the id.
            ServiceUnavailable: the service did not answer.
        """
        from google.protobuf.json_format import MessageToDict

        found = self._with_id(job_id)
        if not found:
            raise InputError(f"job_id: expected the id of a job in {self._parent}, found {job_id!r}, which none has")
        name = found[-1].name
        kind = next(kind for kind in JobKind if f"/{kind}/" in name)
        # A list may leave the trials out.
        job = self._called(self._verb("get", kind), name, name=name)
        body = MessageToDict(type(job).pb(job))
        return v1_job(body, metric_tag=metric_tag, parameter_names=parameter_names) | {"jobId": job_id}

    def _with_id(self, job_id: str) -> list[Any]:
        """Return the jobs of an id, of all kinds, the oldest first."""
        found = [job for kind in JobKind for job in self._list(kind, job_label(job_id))]
        return sorted(found, key=lambda job: (job.create_time.timestamp(), job.name))

    def _created_once(self, translation: TrainingTranslation, job_id: str) -> str:
        """Create the job; creating is not idempotent, so a job is looked for after an answer that did not come."""
        for pause in pauses():
            try:
                return str(self._create_job(translation.kind, translation.body).name)
            except Exception as error:
                if not is_transient(error):
                    raise
            self._sleep(pause)
            if found := self._with_id(job_id):
                return str(found[0].name)
        raise ServiceUnavailable(f"jobId {job_id}: Vertex AI did not answer the submission; try again later")

    def _take_back(self, kind: JobKind, name: str) -> None:
        for verb in ("cancel", "delete"):
            self._tolerating_gone(self._verb(verb, kind), name)


def _is_of(request: JobRequest, job: Any) -> bool:
    return request.labels.items() <= dict(job.labels).items()


def _taken(job_id: str, job: Any) -> InputError:
    return InputError(
        f"jobId: expected one that is not used yet, found {job_id!r}, which {job.name} has; choose another"
    )


def _no_credentials(connection: Connection, error: Exception) -> SettingsError:
    variable = f"AIRFLOW_CONN_{connection.gcp_conn_id.upper()}"
    return SettingsError(
        f"connection {connection.gcp_conn_id}: expected credentials for Google Cloud, found none that work "
        f"({brief(error)}); set {variable}=google-cloud-platform:// for those of this machine"
    )


def _refused(job_id: str, error: Exception) -> InputError | None:
    """Return what a client error means; None for any other."""
    from google.api_core.exceptions import ClientError

    if not isinstance(error, ClientError):
        return None
    return InputError(f"jobId {job_id}: Vertex AI refuses the job: {error.message}")
