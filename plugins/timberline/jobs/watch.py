"""Watching a group of remote jobs: the polling that sensor, trigger and AI Platform's operators share. Pure."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from timberline.jobs.interface import RemoteJobs
from timberline.jobs.remote import JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.jobs.waiting import FailurePolicy, WaitReason, deadline_s, failure_lines, news, pause_s, timed_out
from timberline.run.errors import JobsFailed
from timberline.run.logs import Log
from timberline.run.services import Connection
from timberline.run.transience import brief, is_transient


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedJobs:
    """What is watched, and until when. Its JSON form is kept by triggers: keys may be added, never taken away.

    Attributes:
        refs: jobs of one run and step.
        project, region, connection: where they are, and who asks.
        policy: what a failure means to the others.
        timeout_s: how long after its submission the last job has to be finished.
        deadline_s: the same as seconds since the epoch, once it is known.
        longest_pause_s: the time between two looks grows up to this.
        segment_label: what messages call a segment; its JSON key is `noun`, as waiting triggers have it.
        cancel_on_kill: a person who stops the waiting stops the jobs too.
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
        """Return the trigger's arguments."""
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
        """Read what `to_json` wrote, of this version or an earlier one."""
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
class Look:
    """What one look found.

    Attributes:
        statuses: one per job; none where the service did not answer.
        reason: why there is nothing to wait for any more; None while there is.
        pause_s: when to look again.
    """

    statuses: tuple[JobStatus, ...]
    reason: WaitReason | None
    pause_s: float


class JobsWatch:
    """Looks at a group of jobs and tells what is new."""

    def __init__(
        self, watched: WatchedJobs, jobs: RemoteJobs, log: Log, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Args: clock: returns the seconds since the epoch; tests pass their own."""
        self.watched = watched
        self._jobs = jobs
        self._log = log
        self._clock = clock
        self._told: set[str] = set()
        self._deadline_s = watched.deadline_s

    @property
    def deadline_s(self) -> float | None:
        """When waiting ends, in seconds since the epoch; known after the first answer."""
        return self._deadline_s

    def look(self, *, tell: bool = True) -> Look:
        """Ask the service once, by one list call for all jobs, and tell what is new.

        A failure that may pass is logged, and the deadline still counts; any other is raised.
        """
        now = self._clock()
        try:
            statuses = tuple(self._jobs.statuses(self.watched.refs))
        except Exception as error:
            if not is_transient(error):
                raise
            self._log.warning("the jobs cannot be seen at the moment (%s); looking again", brief(error))
            return Look((), self._past_deadline(now), self.watched.longest_pause_s)
        if self._deadline_s is None:
            self._deadline_s = deadline_s(statuses, self.watched.timeout_s, now)
        if tell:
            self._tell(statuses)
        over = WaitReason.FINISHED if self.watched.policy.is_over(statuses) else self._past_deadline(now)
        return Look(statuses, over, pause_s(statuses, now, self.watched.longest_pause_s))

    def judge(self, look: Look) -> list[JobRef] | None:
        """Return the jobs that succeeded where the wait is over, None where it is not; failures are logged.

        Raises:
            JobsFailed: too few succeeded, or the deadline has passed; what still runs is cancelled.
        """
        if look.reason is None:
            return None
        if look.reason is WaitReason.DEADLINE:
            self.cancel_unfinished(look.statuses)
            # Where the service did not answer, none of them is known to have ended.
            late = look.statuses or [JobStatus(ref=ref, state=JobState.RUNNING) for ref in self.watched.refs]
            raise timed_out(late, segment_label=self.watched.segment_label, timeout_s=self.watched.timeout_s)
        try:
            succeeded = self.watched.policy.judge(look.statuses, segment_label=self.watched.segment_label)
        except JobsFailed:
            self.cancel_unfinished(look.statuses)
            raise
        for line in failure_lines(look.statuses, segment_label=self.watched.segment_label):
            self._log.error("%s", line)
        return succeeded

    def cancel_unfinished(self, statuses: tuple[JobStatus, ...] | None = None) -> None:
        """Cancel the jobs that have not ended; all of them where it is not known which."""
        refs = [status.ref for status in statuses if not status.state.is_final] if statuses else list(self.watched.refs)
        self._jobs.cancel(refs)

    def _past_deadline(self, now: float) -> WaitReason | None:
        return WaitReason.DEADLINE if self._deadline_s is not None and now >= self._deadline_s else None

    def _tell(self, statuses: tuple[JobStatus, ...]) -> None:
        for line in news(statuses, self._told, segment_label=self.watched.segment_label):
            self._told.add(line)
            self._log.info("%s", line)
