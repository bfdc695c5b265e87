"""Waiting for a group of remote jobs: when the wait is over, what to log meanwhile, which outcome counts. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from timberline.jobs.remote import JobRef, JobStatus
from timberline.jobs.selection import best_trial
from timberline.run.errors import JobsFailed, JobsTimedOut, NoUsableTrial

_ERROR_CHARACTERS = 4000
_PAUSE_FRACTION = 0.05
_SHORTEST_PAUSE_S = 1.0


class WaitReason(StrEnum):
    """Why a wait ended. The trigger sends the reason to the sensor; the values are a wire format."""

    FINISHED = "finished"
    DEADLINE = "deadline"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """How many jobs of a group may fail.

    Attributes:
        min_success: how many jobs have to succeed; None for all.
        fail_fast: whether the first failure ends the wait and cancels the other jobs.
    """

    min_success: int | None = None
    fail_fast: bool = False

    def is_over(self, statuses: Sequence[JobStatus]) -> bool:
        """Return whether the wait is over."""
        if self.fail_fast and any(status.problem for status in statuses):
            return True
        return all(status.state.is_final for status in statuses)

    def judge(self, statuses: Sequence[JobStatus], *, segment_label: str) -> list[JobRef]:
        """Return the jobs that succeeded.

        Args:
            statuses: all jobs of the group.
            segment_label: what a segment is called, e.g. `zone`.

        Raises:
            JobsFailed: too few jobs succeeded; the message has each failed segment with the end of its log.
        """
        succeeded = [status.ref for status in statuses if status.state.is_final and not status.problem]
        wanted = len(statuses) if self.min_success is None else min(self.min_success, len(statuses))
        failures = failure_lines(statuses, segment_label=segment_label)
        if (self.fail_fast and failures) or len(succeeded) < max(wanted, 1):
            head = f"{len(succeeded)} of {len(statuses)} jobs succeeded, expected at least {max(wanted, 1)}"
            raise JobsFailed("\n".join([head, *failures]))
        return succeeded


def failure_lines(statuses: Iterable[JobStatus], *, segment_label: str) -> list[str]:
    """Return one paragraph per failed job: the segment, and the end of the error that the service reports."""
    return [
        f"{segment_label} {status.ref.segment}: {status.problem[-_ERROR_CHARACTERS:]}"
        for status in statuses
        if status.problem
    ]


def timed_out(statuses: Sequence[JobStatus], *, segment_label: str, timeout_s: float) -> JobsTimedOut:
    """Return the error of a group of jobs whose deadline passed."""
    late = [status.ref.segment for status in statuses if not status.state.is_final]
    failures = failure_lines(statuses, segment_label=segment_label)
    names = f"{segment_label} {', '.join(late)}"
    head = f"{names}: not finished {timeout_s:.0f} s after submission; cancelled. Allow more time"
    return JobsTimedOut("\n".join([head, *failures]))


def deadline_s(statuses: Sequence[JobStatus], timeout_s: float, now_s: float) -> float:
    """Return the deadline of a wait, in seconds since the epoch.

    The timeout starts with the last submission, which the service knows: a retried wait keeps the same deadline.
    """
    return max((status.created_s for status in statuses if status.created_s is not None), default=now_s) + timeout_s


def progress_line(status: JobStatus, *, segment_label: str) -> str:
    """Return the progress of a job as one line, e.g. `zone 3: 4/6 trials, best f1-score 0.871`."""
    head = f"{segment_label} {status.ref.segment}: "
    if status.study is None:
        return head + _state_words(status)
    over = sum(trial.is_over for trial in status.study.trials)
    line = f"{head}{over}/{status.study.max_trials} trials"
    try:
        best = best_trial(status.study.trials, status.study.goal, job=status.ref.name)
        line += f", best {status.study.metric} {best.metric:.3f}"
    except NoUsableTrial:
        pass
    infeasible = status.study.counts()["infeasible"]
    line += f", {infeasible} infeasible" if infeasible else ""
    return line + (f" ({_state_words(status)})" if status.state.is_final else "")


def new_progress_lines(statuses: Sequence[JobStatus], logged: Collection[str], *, segment_label: str) -> list[str]:
    """Return the progress lines that are not in `logged` yet."""
    return [
        line
        for line in (progress_line(status, segment_label=segment_label) for status in statuses)
        if line not in logged
    ]


def _state_words(status: JobStatus) -> str:
    seconds = f" in {status.seconds:.0f} s" if status.seconds is not None else ""
    return f"{status.state.lower()}{seconds}"


def pause_s(statuses: Sequence[JobStatus], now_s: float, longest_s: float) -> float:
    """Return the seconds to wait before the next poll.

    The pause is a fraction of the time since submission: short jobs are polled often, long jobs rarely.
    """
    since = max((status.created_s for status in statuses if status.created_s is not None), default=now_s)
    return min(max((now_s - since) * _PAUSE_FRACTION, _SHORTEST_PAUSE_S), longest_s)
