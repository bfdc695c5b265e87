"""Watching a group of remote jobs: the polling that sensor, trigger and AI Platform's operators share. Pure."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from timberline.jobs.interface import RemoteJobs
from timberline.jobs.remote import JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.jobs.waiting import (
    FailurePolicy,
    WaitReason,
    deadline_s,
    failure_lines,
    new_progress_lines,
    pause_s,
    timed_out,
)
from timberline.run.errors import JobsFailed
from timberline.run.logs import Log
from timberline.run.services import Connection
from timberline.run.transience import brief, is_transient


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedJobs:
    """A group of jobs to wait for. Triggers store the JSON form: later versions may add keys, and never remove one.

    Attributes:
        refs: jobs of one run and step.
        project, region, connection: where the jobs run, and who calls.
        policy: how many jobs may fail.
        timeout_s: how many seconds after the last submission every job has to be finished.
        deadline_s: when that is, in seconds since the epoch; None until the service has answered.
        longest_pause_s: the longest time between two polls.
        segment_label: what messages call a segment; its JSON key is `noun`, as waiting triggers have it.
        cancel_on_kill: whether the jobs are cancelled when a person stops the wait.
    """

    refs: tuple[JobRef, ...]
    project: str
    region: str
    connection: Connection
    policy: FailurePolicy
    timeout_s: float
    deadline_s: float | None = None
    longest_pause_s: float = 30.0
    segment_label: str = "segment"
    cancel_on_kill: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the arguments of the trigger."""
        chain = self.connection.impersonation_chain
        return {
            "refs": [ref.to_json() for ref in self.refs],
            "project": self.project,
            "region": self.region,
            "gcp_conn_id": self.connection.gcp_conn_id,
            "impersonation_chain": chain if chain is None or isinstance(chain, str) else list(chain),
            "min_success": self.policy.min_success,
            "fail_fast": self.policy.fail_fast,
            "timeout_s": self.timeout_s,
            "deadline_s": self.deadline_s,
            "longest_pause_s": self.longest_pause_s,
            "noun": self.segment_label,
            "cancel_on_kill": self.cancel_on_kill,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "WatchedJobs":
        """Read what `to_json` of this version or an earlier version wrote."""
        optional = {name: name for name in ("deadline_s", "longest_pause_s", "cancel_on_kill")} | {
            "noun": "segment_label"
        }
        return cls(
            refs=tuple(JobRef.from_json(ref) for ref in value["refs"]),
            project=value["project"],
            region=value["region"],
            connection=Connection(
                gcp_conn_id=value["gcp_conn_id"], impersonation_chain=value.get("impersonation_chain")
            ),
            policy=FailurePolicy(value["min_success"], value["fail_fast"]),
            timeout_s=value["timeout_s"],
            **{field: value[key] for key, field in optional.items() if key in value},
        )


@dataclass(frozen=True, slots=True)
class Poll:
    """The result of one poll.

    Attributes:
        statuses: one status per job; empty where the service did not answer.
        reason: why the wait is over; None while it goes on.
        pause_s: the seconds to wait before the next poll.
    """

    statuses: tuple[JobStatus, ...]
    reason: WaitReason | None
    pause_s: float


class JobsWatch:
    """Polls a group of jobs and logs their progress."""

    def __init__(
        self, watched: WatchedJobs, jobs: RemoteJobs, log: Log, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Args: clock: returns the seconds since the epoch; tests pass their own."""
        self.watched = watched
        self._jobs = jobs
        self._log = log
        self._clock = clock
        self._logged: set[str] = set()
        self._deadline_s = watched.deadline_s

    @property
    def deadline_s(self) -> float | None:
        """The deadline of the wait, in seconds since the epoch; None until the service has answered."""
        return self._deadline_s

    def poll(self, *, log_progress: bool = True) -> Poll:
        """Ask the service once, by one list call for all jobs.

        A transient error is logged, and the deadline still counts. Any other error is raised.

        Args:
            log_progress: whether to log the progress since the last poll.
        """
        now = self._clock()
        try:
            statuses = tuple(self._jobs.statuses(self.watched.refs))
        except Exception as error:
            if not is_transient(error):
                raise
            self._log.warning("the service does not answer (%s); polling again", brief(error))
            return Poll((), self._past_deadline(now), self.watched.longest_pause_s)
        if self._deadline_s is None:
            self._deadline_s = deadline_s(statuses, self.watched.timeout_s, now)
        if log_progress:
            self._log_progress(statuses)
        over = WaitReason.FINISHED if self.watched.policy.is_over(statuses) else self._past_deadline(now)
        return Poll(statuses, over, pause_s(statuses, now, self.watched.longest_pause_s))

    def judge(self, poll: Poll) -> list[JobRef] | None:
        """Return the jobs that succeeded, or None while the wait goes on. Failures are logged.

        Raises:
            JobsFailed: too few jobs succeeded, or the deadline has passed; jobs that still run are cancelled.
        """
        if poll.reason is None:
            return None
        if poll.reason is WaitReason.DEADLINE:
            self.cancel_unfinished(poll.statuses)
            # Without an answer from the service every job counts as unfinished.
            late = poll.statuses or [JobStatus(ref=ref, state=JobState.RUNNING) for ref in self.watched.refs]
            raise timed_out(late, segment_label=self.watched.segment_label, timeout_s=self.watched.timeout_s)
        try:
            succeeded = self.watched.policy.judge(poll.statuses, segment_label=self.watched.segment_label)
        except JobsFailed:
            self.cancel_unfinished(poll.statuses)
            raise
        for line in failure_lines(poll.statuses, segment_label=self.watched.segment_label):
            self._log.error("%s", line)
        return succeeded

    def cancel_unfinished(self, statuses: tuple[JobStatus, ...] | None = None) -> None:
        """Cancel the jobs that have not ended; without statuses, all jobs."""
        refs = [status.ref for status in statuses if not status.state.is_final] if statuses else list(self.watched.refs)
        self._jobs.cancel(refs)

    def _past_deadline(self, now: float) -> WaitReason | None:
        return WaitReason.DEADLINE if self._deadline_s is not None and now >= self._deadline_s else None

    def _log_progress(self, statuses: tuple[JobStatus, ...]) -> None:
        for line in new_progress_lines(statuses, self._logged, segment_label=self.watched.segment_label):
            self._logged.add(line)
            self._log.info("%s", line)
