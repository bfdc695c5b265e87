"""The text that `localgcp status` and a finished `localgcp run` print: the snapshot as aligned tables."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from localgcp.core.control.status import ENDED_TRIALS, BuildStatus, EndpointStatus, JobStatus

_LOG_LINES = 6


def render(snapshot: dict[str, Any], *, now: datetime | None = None) -> str:
    """Return the snapshot as aligned text: builds, jobs with their trials, endpoints, and a summary line.

    Args:
        snapshot: the JSON of `GET /localgcp/status`.
        now: the time up to which unfinished items have run; by default the time of the snapshot.
    """
    now = now or (datetime.fromisoformat(snapshot["now"]) if "now" in snapshot else datetime.now(UTC))
    builds = [BuildStatus.from_json(raw) for raw in snapshot.get("builds", [])]
    jobs = [JobStatus.from_json(raw) for raw in snapshot.get("jobs", [])]
    sections = []
    if builds:
        rows = [
            ([build.id, build.state, ", ".join(build.images), _elapsed(build, now)], _details(build))
            for build in builds
        ]
        sections.append(_table(["BUILD", "STATE", "IMAGES", "ELAPSED"], rows))
    if jobs:
        header = ["JOB", "STATE", "TRIALS", "BEST", "ELAPSED"]
        sections.append(_table(header, [(_job_row(job, now), _job_details(job)) for job in jobs]))
    if endpoints := [EndpointStatus.from_json(raw) for raw in snapshot.get("endpoints", [])]:
        sections.append(_table(["ENDPOINT", "MODEL", "TRAFFIC", "AGE"], [(_row(each, now), []) for each in endpoints]))
    sections.append(summary(snapshot.get("jobs", [])))
    return "\n\n".join(sections)


def summary(jobs: Sequence[dict[str, Any]]) -> str:
    """Return a summary line of jobs given as JSON: the number of jobs in each state, and of trials that have ended."""
    if not jobs:
        return "No jobs."
    typed = [JobStatus.from_json(raw) for raw in jobs]
    states = Counter(_short_state(job.state).lower().replace("_", " ") for job in typed)
    line = f"{len(jobs)} job{'s' * (len(jobs) > 1)}: " + ", ".join(
        f"{count} {state}" for state, count in states.most_common()
    )
    wanted = sum(job.trial_count for job in typed)
    return f"{line}; {sum(job.trials_done for job in typed)} of {wanted} trials done." if wanted else f"{line}."


def _job_row(job: JobStatus, now: datetime) -> list[str]:
    trials = f"{job.trials_done}/{job.trial_count}" if job.trial_count else ""
    best = job.best()
    value = f"{job.metric_id} {best.metric:.4f} (trial {best.id})".strip() if best else ""
    return [job.display_name or job.name, _short_state(job.state), trials, value, _elapsed(job, now)]


def _row(endpoint: EndpointStatus, now: datetime) -> list[str]:
    traffic = f"{endpoint.traffic} %" if endpoint.model else ""
    return [endpoint.name.rpartition("/")[2], endpoint.model or "none", traffic, _elapsed(endpoint, now)]


def _job_details(job: JobStatus) -> list[str]:
    lines = _details(job)
    for trial in job.trial_list:
        if trial.state == "INFEASIBLE":
            lines.append(f"trial {trial.id} {trial.state}: {trial.reason or 'no reason was given'}")
            lines += _log(trial.log_tail)
        elif trial.state not in ENDED_TRIALS and trial.metric is not None:
            at = "" if trial.step is None else f" at step {trial.step}"
            lines.append(f"trial {trial.id} {trial.state}: {job.metric_id} {trial.metric:.4f}{at}")
    return lines


def _details(item: JobStatus | BuildStatus) -> list[str]:
    # The other lines are the end of the log, which follows separately.
    return [item.error.splitlines()[0], *_log(item.log_tail)] if item.error else []


def _log(lines: Sequence[str]) -> list[str]:
    return [f"  | {line.rstrip()}" for line in lines[-_LOG_LINES:]]


def _table(header: list[str], rows: Iterable[tuple[list[str], list[str]]]) -> str:
    """Align the cells of all rows; the detail lines of a row follow it, indented."""
    rows = [(header, []), *(([_printable(cell) for cell in cells], details) for cells, details in rows)]
    widths = [max(len(cells[column]) for cells, _ in rows) for column in range(len(header))]
    lines = []
    for cells, details in rows:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        lines += [f"    {_printable(detail)}" for detail in details]
    return "\n".join(lines)


def _elapsed(item: JobStatus | BuildStatus | EndpointStatus, now: datetime) -> str:
    if not item.create_time:
        return ""
    end = datetime.fromisoformat(item.end_time) if item.end_time else now
    seconds = max(0, int((end - datetime.fromisoformat(item.create_time)).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {seconds:02}s" if minutes else f"{seconds}s"


def _short_state(state: str) -> str:
    return state.removeprefix("JOB_STATE_")


def _printable(line: str) -> str:
    """Remove colours and control characters, so that the log of a trainer cannot control the terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f\x7f-\x9f]", "", line.expandtabs(4))
