"""Waits in one task for a group of remote jobs of any size."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.configuration import conf
from airflow.sdk import BaseSensorOperator
from airflow.sdk.bases.sensor import PokeReturnValue
from airflow.sdk.definitions.context import Context

from timberline.jobs.remote import JobRef
from timberline.jobs.waiting import FailurePolicy, WaitReason
from timberline.jobs.watch import JobsWatch, WatchedJobs
from timberline.run.compat import given
from timberline.run.edge import final_errors_end_the_task
from timberline.run.errors import InputError, JobsFailed
from timberline.run.services import DEFAULT_CONNECTION, Connection
from timberline.run.settings import read_settings


class JobsSensor(BaseSensorOperator):
    """Waits until all jobs of a group have ended, and returns the references of the jobs that succeeded.

    Other tasks submit the jobs: a wait that is retried, restarted or cleared never submits one. A failed job is logged
    with the end of its log, and the wait for the other jobs goes on.

    Args:
        jobs: (templated) the results of submit tasks of one step; empty results are ignored.
        job_timeout_s: (templated) the seconds after the last submission within which the jobs have to end. When this
            deadline passes, unfinished jobs are cancelled and the task fails. A retry keeps the deadline.
        min_success: (templated) how many jobs have to succeed; None for all. With fewer successes the task fails.
        fail_fast: (templated) whether the first failed job fails the task and cancels the other jobs.
        segment_label: (templated) what messages call a segment.
        longest_pause_s: the longest time between two polls; polls become rarer the longer the jobs run.
        cancel_on_kill: whether the jobs are cancelled when a person marks or clears this task while it waits.
        deferrable: whether the task waits in the triggerer; otherwise the sensor's `mode` applies.
        gcp_conn_id, impersonation_chain: (templated) the credentials that call Google.
    """

    template_fields: Sequence[str] = (
        "jobs", "job_timeout_s", "min_success", "fail_fast", "segment_label", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        jobs: Any,
        job_timeout_s: float | str,
        min_success: int | str | None = None,
        fail_fast: bool | str = False,
        segment_label: str = "segment",
        longest_pause_s: float = 30.0,
        cancel_on_kill: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        gcp_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("mode", "reschedule")
        kwargs.setdefault("poke_interval", longest_pause_s)
        super().__init__(**kwargs)
        self.jobs = jobs
        self.job_timeout_s = job_timeout_s
        self.min_success = min_success
        self.fail_fast = fail_fast
        self.segment_label = segment_label
        self.longest_pause_s = longest_pause_s
        self.cancel_on_kill = cancel_on_kill
        self.deferrable = deferrable
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def execute(self, context: Context) -> Any:
        """Poll once; wait on in the triggerer, or as sensors do."""
        return self._poll_or_defer() if self.deferrable else super().execute(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Poll again after the trigger fired: its event has only the reason, and no statuses."""
        if event["reason"] == WaitReason.ERROR:
            with final_errors_end_the_task(self.log):
                raise JobsFailed(f"the jobs cannot be watched: {event.get('message', 'no reason given')}")
        return self._poll_or_defer()

    def _poll_or_defer(self) -> Any:
        with final_errors_end_the_task(self.log):
            watch = self._watch()
            # The trigger logs the progress.
            if (found := self._finished(watch, log_progress=False)) is not None:
                return found
        from timberline.triggers.jobs import JobsTrigger

        watched = replace(watch.watched, deadline_s=watch.deadline_s)
        # Raises TaskDeferred: nothing is returned.
        return self.defer(trigger=JobsTrigger(**watched.to_json()), method_name="execute_complete")

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002
        """Poll once."""
        with final_errors_end_the_task(self.log):
            found = self._finished(self._watch(), log_progress=True)
        return PokeReturnValue(is_done=found is not None, xcom_value=found)

    def on_kill(self) -> None:
        """Cancel the jobs when a person stops the task while it runs; for a deferred task the trigger does it."""
        if self.cancel_on_kill:
            self._watch().cancel_unfinished()

    def _finished(self, watch: JobsWatch, *, log_progress: bool) -> list[dict[str, str]] | None:
        """Return the references of the jobs that succeeded, or None while the wait goes on.

        Raises:
            JobsFailed: too few jobs succeeded, or the deadline has passed.
        """
        found = watch.judge(watch.poll(log_progress=log_progress))
        return None if found is None else [ref.to_json() for ref in found]

    def _watch(self) -> JobsWatch:
        from timberline.hooks.remote_jobs import watch_jobs

        return watch_jobs(self._watched(), self.log)

    def _watched(self) -> WatchedJobs:
        settings = read_settings()
        return WatchedJobs(
            refs=_refs(self.jobs),
            project=settings.project,
            region=settings.region,
            connection=Connection(gcp_conn_id=self.gcp_conn_id, impersonation_chain=self.impersonation_chain),
            policy=FailurePolicy(None if self.min_success is None else int(self.min_success), bool(self.fail_fast)),
            timeout_s=float(self.job_timeout_s),
            longest_pause_s=self.longest_pause_s,
            segment_label=self.segment_label,
            cancel_on_kill=self.cancel_on_kill,
        )


def _refs(jobs: Any) -> tuple[JobRef, ...]:
    """Read the results of submit tasks: a mapping of an unmapped task, or a sequence of mappings of a mapped task.

    A failed task has no result, and the sensor does not wait for its segment.

    Raises:
        InputError: no task returned a job.
    """
    values: list[Mapping[str, Any]] = [jobs] if isinstance(jobs, Mapping) else given(jobs)
    if not values:
        raise InputError(
            "no job was submitted: every upstream task that submits jobs failed, was skipped or returned none. Their "
            "logs say why; correct the cause, then clear it with the tasks after it"
        )
    return tuple(JobRef.from_json(value) for value in values)
