"""Custom jobs and tuning jobs as resources."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localgcp.core.control.holds import Holds
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.processes.images.store import ImageStore
from localgcp.processes.jobs.collection import JobCollection
from localgcp.processes.jobs.context import JobContext
from localgcp.processes.jobs.records import Job
from localgcp.processes.jobs.runner import JobRunner
from localgcp.processes.launcher import ProcessLauncher
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.jobs.kinds import COLLECTIONS, JobKind, new_name
from localgcp.services.vertex.jobs.log_sources import LogSource, log_sources
from localgcp.services.vertex.jobs.records import TrainingJobRecords
from localgcp.services.vertex.jobs.snapshot import job_status
from localgcp.services.vertex.jobs.validation import check_custom_job, check_tuning_job
from localgcp.services.vertex.jobs.work import TrainingWork
from localgcp.services.vertex.replicas.programs import Programs
from localgcp.services.vertex.tuning.metric_watch import MetricWatch

_CHECKS: Mapping[JobKind, Callable[[Mapping[str, Any]], None]] = {
    JobKind.CUSTOM: check_custom_job,
    JobKind.TUNING: check_tuning_job,
}
_OUTPUT_ONLY = frozenset(
    {
        "name", "state", "createTime", "startTime", "endTime", "updateTime", "error", "trials", "webAccessUris",
        "satisfiesPzs", "satisfiesPzi",
    }
)  # fmt: skip
_FILTER_FIELDS = ("displayName", "state", "createTime", "labels")


class TrainingJobStore:
    """The custom jobs and tuning jobs of all projects and locations.

    Attributes:
        runner: runs, cancels and holds the jobs.
        collections: the jobs of each kind, as the API shows them.
    """

    def __init__(
        self, context: Context, images: ImageStore, storage: StorageStore, holds: Holds, launcher: ProcessLauncher
    ) -> None:
        self.operations = context.operations
        self._folder = context.state.folder("vertex")
        self._launcher = launcher
        self._records = TrainingJobRecords(context.state, holds)
        self._metrics = MetricWatch()
        running = JobContext(records=self._records, launcher=launcher, folder=self._folder)
        work = TrainingWork(running, Programs(images, storage), self._records.trials, self._metrics)
        self.runner = JobRunner(running, work, holds)
        self.collections = {
            kind: JobCollection(
                name=name, message=kind, records=self._records, filter_fields=_FILTER_FIELDS, shown=self._with_trials
            )
            for kind, name in COLLECTIONS.items()
        }

    def start(self) -> None:
        """Resume the jobs that an earlier server left unfinished."""
        messages.warm()
        self._launcher.spawn(self._metrics.poll())
        self.runner.start()

    def stop(self) -> None:
        """Kill all processes; the next server resumes the jobs."""
        self.runner.stop()

    def create(self, kind: JobKind, parent: str, raw: Mapping[str, Any]) -> Job:
        """Store a job and run it; return it as it is stored.

        Raises:
            ApiError: 400 for a job that Vertex AI would refuse.
        """
        asked = {name: value for name, value in messages.parse(kind, raw).items() if name not in _OUTPUT_ONLY}
        _CHECKS[kind](asked)
        return self.runner.create(new_name(kind, parent), asked)

    def notify(self, listener: Callable[[str], None]) -> None:
        """Call a listener with the name of a job after each change of its state; the listener must not take long."""
        self._records.listener = listener

    def get(self, name: str) -> Job:
        """Return a job, a tuning job with its trials.

        Raises:
            ApiError: 404.
        """
        return self._with_trials(self._records.job(name))

    def delete(self, kind: JobKind, name: str) -> None:
        """Delete a job that has ended, with its logs.

        Raises:
            ApiError: 404; 400 for a job that has not ended.
        """
        self.collections[kind].delete(name)
        self.runner.delete_logs(name)

    def log_sources(self, project: str) -> Iterator[LogSource]:
        """Yield the logs of the replicas of a project's jobs, oldest job first."""
        for job in self._records.jobs(f"projects/{project}/"):
            yield from log_sources(job, self._records.trials.trials(job["name"]), self._folder)

    def status(self) -> list[dict[str, Any]]:
        """Return every job as `localgcp.core.control.status` shows it."""
        return [
            job_status(
                job, self._records.trials.trials(job["name"]), self._metrics.measurements, self._folder
            ).to_json()
            for job in self._records.jobs()
        ]

    def _with_trials(self, job: Job) -> Job:
        trials = self._records.trials.trials(job["name"])
        if not trials:
            return job
        metric_id = job["studySpec"]["metrics"][0]["metricId"]
        return job | {"trials": [trial.to_api(metric_id) for trial in trials]}
