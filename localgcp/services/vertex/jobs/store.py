"""Custom jobs and tuning jobs as resources: created, read, listed, cancelled, deleted."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.control.holds import RELEASED_AS_PENDING, Holds
from localgcp.core.conventions.errors import failed_precondition
from localgcp.core.conventions.listing import newest_first
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.http.environment import client_environment
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import JOB_MOVES, JobState, is_final
from localgcp.processes.images.store import ImageStore
from localgcp.processes.launcher import Workshop
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.jobs.programs import Programs
from localgcp.services.vertex.jobs.records import Job, Records
from localgcp.services.vertex.jobs.resources import Kind
from localgcp.services.vertex.jobs.runner import Runner
from localgcp.services.vertex.jobs.validation import check_custom_job, check_tuning_job
from localgcp.services.vertex.log_sources import LogSource, log_sources
from localgcp.services.vertex.operations import deleted, not_ended
from localgcp.services.vertex.snapshot import job_status

COLLECTIONS: Mapping[Kind, str] = {Kind.CUSTOM: "customJobs", Kind.TUNING: "hyperparameterTuningJobs"}

_CHECKS: Mapping[Kind, Callable[[Mapping[str, Any]], None]] = {
    Kind.CUSTOM: check_custom_job,
    Kind.TUNING: check_tuning_job,
}
_OUTPUT_ONLY = frozenset(
    {
        "name", "state", "createTime", "startTime", "endTime", "updateTime", "error", "trials", "webAccessUris",
        "satisfiesPzs", "satisfiesPzi",
    }
)  # fmt: skip
_FILTER_FIELDS = ("displayName", "state", "createTime", "labels")
_CANCEL_S = 10.0


def new_name(kind: Kind, parent: str) -> str:
    """Return the name of a job that is to be created in a location."""
    return f"{parent}/{COLLECTIONS[kind]}/{uuid4().int >> 66}"


class VertexStore:
    """The jobs of all projects and locations."""

    def __init__(self, context: Context, images: ImageStore, storage: StorageStore, holds: Holds) -> None:
        self.operations = context.operations
        self._holds = holds
        self._project = context.settings.project
        self._folder = context.state.folder("vertex")
        self._records = Records(state=context.state, holds=holds)
        self._client: dict[str, str] = {}
        self._runner = Runner(context, Programs(images, storage), self._records, self._client)

    @property
    def workshop(self) -> Workshop:
        """Where the processes of jobs are started."""
        return self._runner.workshop

    def listen(self, port: int) -> None:
        """Learn where this server is found: what trials are told."""
        self._client.update(client_environment(port, self._project))

    def start(self) -> None:
        """Take up the jobs that an earlier server left."""
        messages.warm()
        self._runner.start()

    def stop(self) -> None:
        """Kill what runs; the jobs go on with the next server."""
        self._runner.stop()

    def create(self, kind: Kind, parent: str, raw: Mapping[str, Any]) -> Job:
        """Store a job and let it run; return it as it was stored.

        Raises:
            ApiError: 400 for a job that Vertex AI would refuse.
        """
        asked = {name: value for name, value in messages.parse(kind, raw).items() if name not in _OUTPUT_ONLY}
        _CHECKS[kind](asked)
        return self.admit(new_name(kind, parent), asked)

    def admit(self, name: str, asked: Job) -> Job:
        """Store a job that has been checked, and let it run; return it as it was stored."""
        created = CLOCK.text()
        state = self._holds.first_state(name).value
        job = {"name": name, **asked, "state": state, "createTime": created, "updateTime": created}
        self._records.add_job(job)
        self._runner.submit(name)
        return job

    def follow(self, on_move: Callable[[str], None]) -> None:
        """Call back with the name of a job after each change of its state; it must not take long."""
        self._records.on_move = on_move

    def get(self, name: str) -> Job:
        """Return a job, a tuning job with its trials.

        Raises:
            ApiError: 404.
        """
        return self._with_trials(self._records.job(name))

    def list_jobs(self, kind: Kind, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of jobs, newest first.

        Args:
            query: `filter`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter or a token that is not well formed.
        """
        collection = COLLECTIONS[kind]
        items = self._records.jobs(f"{parent}/{collection}/")
        return newest_first(collection, items, query, fields=_FILTER_FIELDS, shown=self._with_trials)

    def cancel(self, name: str) -> None:
        """Ask for the end of a job; one that has ended stays as it is.

        Raises:
            ApiError: 404.
        """
        with self._records.state.lock:
            state = self._records.job_state(name)
            if is_final(state, JOB_MOVES) or state is JobState.CANCELLING:
                return
            self._holds.discard(name)
            self._records.move_job(name, JobState.CANCELLING)
        self._runner.cancel(name)

    def set_state(self, name: str, state: JobState, error: Mapping[str, Any] | None) -> None:
        """Bring a job into a state and hold it there; its processes have ended when this returns.

        Raises:
            ApiError: 404; 400 for a job that has ended.
        """
        ends = is_final(state, JOB_MOVES)
        with self._records.state.lock:
            if is_final(self._records.job_state(name), JOB_MOVES):
                raise failed_precondition(f"The job {name} has ended as {self._records.job_state(name)}.")
            if ends:
                self._holds.discard(name)
            else:
                self._holds.add(name)
            self._records.bring_job(name, state, error)
        self._runner.park(name)
        if ends:
            self._records.end_trials(name)

    def release(self, name: str) -> None:
        """Hold a job no longer, and let it run, from the start where it ran before."""
        with self._records.state.lock:
            self._holds.discard(name)
            if self._records.job_state(name) in RELEASED_AS_PENDING:
                self._records.bring_job(name, JobState.PENDING)
        self._runner.submit(name)

    def cancel_all(self) -> None:
        """Ask for the end of every job that has not ended, and wait for it."""
        live = [job["name"] for job in self._records.jobs() if not is_final(JobState(job["state"]), JOB_MOVES)]
        for name in live:
            self.cancel(name)
        deadline = time.monotonic() + _CANCEL_S
        while time.monotonic() < deadline and any(
            not is_final(self._records.job_state(name), JOB_MOVES) for name in live
        ):
            time.sleep(0.05)

    def delete(self, name: str) -> dict[str, Any]:
        """Remove a job that has ended, with its logs, and return the operation.

        Raises:
            ApiError: 404; 400 for a job that has not ended.
        """
        state = self._records.job_state(name)
        if not is_final(state, JOB_MOVES):
            raise not_ended("job", name, state)
        self._records.remove(name)
        shutil.rmtree(self._folder / name.rpartition("/")[2], ignore_errors=True)
        return deleted(self.operations, name)

    def log_sources(self, project: str) -> Iterator[LogSource]:
        """Yield the logs of the replicas of a project's jobs, oldest job first."""
        for job in self._records.jobs(f"projects/{project}/"):
            yield from log_sources(job, self._records.trials(job["name"]), self._folder)

    def status(self) -> list[dict[str, Any]]:
        """Return every job as `localgcp.core.control.status` shows it."""
        return [
            job_status(job, self._records.trials(job["name"]), self._runner.measurements, self._folder).to_json()
            for job in self._records.jobs()
        ]

    def _with_trials(self, job: Job) -> Job:
        trials = self._records.trials(job["name"])
        if not trials:
            return job
        metric_id = job["studySpec"]["metrics"][0]["metricId"]
        return job | {"trials": [trial.to_api(metric_id) for trial in trials]}
