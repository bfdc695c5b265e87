"""The base class of operators that run a v1 job: submitting the job once, and waiting for it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.configuration import conf
from airflow.sdk.definitions.context import Context

from timberline.ai_platform.job_ids import normalized_job_id
from timberline.ai_platform.operators.base import MLEngineOperator
from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobKind, JobRef
from timberline.jobs.waiting import FailurePolicy, WaitReason
from timberline.operators.links import VertexJobLink
from timberline.run.edge import final_errors_end_the_task
from timberline.run.errors import JobsFailed
from timberline.run.identity import RunIdentity

if TYPE_CHECKING:
    from timberline.jobs.watch import JobsWatch

_WEEK_S = 7 * 24 * 3600.0


class MLEngineJobOperator(MLEngineOperator):
    """Runs one v1 job on Vertex AI.

    A job that this run submitted before is found again; one of another run with the same id is an error.

    Args:
        job_id: (templated) v1's id. Characters that it does not take become `_`, as they did before.
        segment: (templated) which of parallel models it is for.
        job_timeout_s: (templated) how long after its submission it has to be finished; then it is cancelled.
        wait_for_completion: wait for the job. Without, `JobsSensor` waits for what this task returns.
        deferrable: wait in the triggerer.
        cancel_on_kill: cancel the job when a person stops the waiting task.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "job_id", "segment", "job_timeout_s")
    operator_extra_links = (VertexJobLink(),)

    def __init__(
        self,
        *,
        job_id: str,
        segment: Any = "all",
        job_timeout_s: float | str = _WEEK_S,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.segment = segment
        self.job_timeout_s = job_timeout_s
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.cancel_on_kill = cancel_on_kill
        self._submitted: JobRef | None = None
        self._deferred_for: JobRef | None = None

    @property
    def v1_job_id(self) -> str:
        """The normalised job id.

        Raises:
            AiPlatformError: it is empty or too long.
        """
        return normalized_job_id(str(self.job_id))

    def execute_complete(self, context: Context, event: Mapping[str, Any], job: Mapping[str, Any] | None = None) -> Any:
        """Poll the job again after the trigger fired: its event has only the reason."""
        if event["reason"] == WaitReason.ERROR:
            with final_errors_end_the_task(self.log):
                raise JobsFailed(f"the job cannot be watched: {event.get('message', 'no reason given')}")
        # The job is found by its name: by its labels, a failed job would not be found but submitted a second time.
        self._deferred_for = JobRef.from_json(job) if job else None
        return self.execute(context)

    def on_kill(self) -> None:
        """Cancel the job when a person stops the waiting task; for a deferred task the trigger does it."""
        if self.cancel_on_kill and self.wait_for_completion and self._submitted is not None:
            self._watch(self._submitted).cancel_unfinished()

    def done(self, run: RunIdentity, kind: JobKind, body: Mapping[str, Any]) -> JobRef:
        """Return the job, submitted unless it exists, after its end if this task waits for it.

        Args:
            run: the run that the job belongs to.
            kind: what kind of job `body` is.
            body: the job in Google's JSON form, with the label of the v1 id.

        Raises:
            InputError: another run has the id, or Vertex AI refuses the job.
            JobsFailed: the job failed, or the deadline passed.
        """
        deferred_for, self._deferred_for = self._deferred_for, None
        self._submitted = deferred_for or self._job_of(run, kind, body)
        if self.wait_for_completion:
            self._wait(self._submitted)
        return self._submitted

    def _job_of(self, run: RunIdentity, kind: JobKind, body: Mapping[str, Any]) -> JobRef:
        from timberline.ai_platform.hook import AiPlatformJobs

        request = JobRequest.of_step(run, self.step, str(self.segment), kind=kind, body=body)
        return AiPlatformJobs(self.cloud.vertex_jobs).submit(request, self.v1_job_id).ref

    def _wait(self, ref: JobRef) -> None:
        """Wait until the job has succeeded; a deferrable task defers."""
        watch = self._watch(ref)
        while watch.judge(poll := watch.poll(log_progress=not self.deferrable)) is None:
            if self.deferrable:
                from timberline.triggers.jobs import JobsTrigger

                watched = replace(watch.watched, deadline_s=watch.deadline_s)
                self.defer(
                    trigger=JobsTrigger(**watched.to_json()),
                    method_name="execute_complete",
                    kwargs={"job": ref.to_json()},
                )
            time.sleep(poll.pause_s)

    def _watch(self, ref: JobRef) -> "JobsWatch":
        from timberline.hooks.remote_jobs import watch_jobs
        from timberline.jobs.watch import WatchedJobs

        settings = self.cloud.settings
        watched = WatchedJobs(
            refs=(ref,),
            project=settings.project,
            region=settings.region,
            connection=self.connection,
            policy=FailurePolicy(),
            timeout_s=float(self.job_timeout_s),
            segment_label="job",
            cancel_on_kill=self.cancel_on_kill,
        )
        return watch_jobs(watched, self.log)
