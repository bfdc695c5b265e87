"""Waiting for a group of remote jobs, in one task whatever their number."""

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
    """Waits until all jobs of a group have ended, and returns the references of those that succeeded.

    Submitting is another task's business: a wait that is retried, restarted or cleared never submits. A failed job is
    logged with the end of its log while its siblings are waited for.

    Args:
        jobs: (templated) what submit tasks of one step returned; those that returned nothing are left out.
        job_timeout_s: (templated) how long after the last submission the jobs have to be finished. The deadline is
            kept as a point in time; when it passes, the unfinished jobs are cancelled and the task fails.
        min_success: (templated) how many have to succeed; None for all. With fewer the task fails.
        fail_fast: (templated) fail at the first failure, and cancel the others.
        segment_label: (templated) what messages call a segment.
        longest_pause_s: looks are made more rarely the longer the jobs run, up to this.
        cancel_on_kill: cancel the jobs when a person marks this task or clears it while it waits.
        deferrable: wait in the triggerer; otherwise as the sensor's `mode` says.
        gcp_conn_id, impersonation_chain: (templated) who calls Google.
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
        """Look once; wait on in the triggerer, or as sensors do."""
        return self._look_or_defer() if self.deferrable else super().execute(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Ask the service again, as the trigger only says why it ended, and judge."""
        if event["reason"] == WaitReason.ERROR:
            with final_errors_end_the_task(self.log):
                raise JobsFailed(f"the jobs cannot be watched: {event.get('message', 'no reason given')}")
        return self._look_or_defer()

    def _look_or_defer(self) -> Any:
        with final_errors_end_the_task(self.log):
            watch = self._watch()
            # The trigger tells how the jobs get on.
            if (found := self._finished(watch, tell=False)) is not None:
                return found
        from timberline.triggers.jobs import JobsTrigger

        watched = replace(watch.watched, deadline_s=watch.deadline_s)
        # Raises TaskDeferred: nothing is returned.
        return self.defer(trigger=JobsTrigger(**watched.to_json()), method_name="execute_complete")

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002
        """Look once."""
        with final_errors_end_the_task(self.log):
            found = self._finished(self._watch(), tell=True)
        return PokeReturnValue(is_done=found is not None, xcom_value=found)

    def on_kill(self) -> None:
        """Cancel the jobs of a task that is stopped while it runs; the trigger does so for one that is deferred."""
        if self.cancel_on_kill:
            self._watch().cancel_unfinished()

    def _finished(self, watch: JobsWatch, *, tell: bool) -> list[dict[str, str]] | None:
        """Return the succeeded jobs' references where the wait is over, None where it is not.

        Raises:
            JobsFailed: too few succeeded, or the deadline has passed.
        """
        found = watch.judge(watch.look(tell=tell))
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
    """Read what the submit tasks returned; one unmapped task returns a mapping, mapped ones a sequence of them.

    A task that failed returned nothing: its segment is not waited for.
    """
    values: list[Mapping[str, Any]] = [jobs] if isinstance(jobs, Mapping) else given(jobs)
    if not values:
        raise InputError(
            "no job was submitted: every task before this one that submits jobs failed, was skipped or returned none. "
            "Its log says why; correct that, and clear it with what follows"
        )
    return tuple(JobRef.from_json(value) for value in values)
