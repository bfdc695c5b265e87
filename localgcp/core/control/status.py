"""What the services are doing, as text for a terminal.

The snapshot (`GET /localgcp/status`) is made of these dataclasses in camelCase JSON: `jobs`, `builds`, `endpoints`,
and `now`, the server's time.
A store's `status()` returns `[JobStatus(...).to_json(), ...]`, or the same of builds or endpoints.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from localgcp.core.state.clock import CLOCK

_LOG_LINES = 6
_ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED", "INFEASIBLE", "STOPPED"})
_BROKEN = frozenset({"FAILED", "INFEASIBLE", "EXPIRED"})


class _Status:
    """JSON in and out; a missing field takes its default."""

    def to_json(self) -> dict[str, Any]:
        """Return the camelCase JSON object."""
        return {_camel(name): value for name, value in asdict(self).items()}  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote; unknown fields are ignored, so that an older client reads a newer server."""
        names = {_camel(item.name): item.name for item in fields(cls)}  # type: ignore[arg-type]
        return cls(**{names[name]: value for name, value in raw.items() if name in names and value is not None})


@dataclass(frozen=True, kw_only=True)
class TrialStatus(_Status):
    """One trial.

    Attributes:
        id: its number within the job.
        state: the Vertex trial state, for example `ACTIVE`, `SUCCEEDED`, `INFEASIBLE`, `STOPPED`.
        parameters: the suggested values by parameter name.
        metric: the final value, or the last one reported while it runs; None before the first report.
        step: the step of that report.
        reason: why it is infeasible, in one sentence.
        log_tail: the last lines of its log.
    """

    id: str
    state: str
    parameters: dict[str, Any] = field(default_factory=dict)
    metric: float | None = None
    step: int | None = None
    reason: str = ""
    log_tail: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class JobStatus(_Status):
    """One custom job, tuning job or batch prediction job.

    Attributes:
        name: the resource name.
        kind: `customJob`, `hyperparameterTuningJob` or `batchPredictionJob`.
        state: the Vertex job state, for example `JOB_STATE_RUNNING`.
        create_time, end_time: RFC 3339; empty where there is none yet.
        trial_count: the trials asked for; 0 for a custom job.
        metric_id, goal: what the trials are ranked by; goal is `MAXIMIZE` or `MINIMIZE`.
        error: why the job failed, in one sentence.
        log_tail: the last lines of a custom job's log.
        trials: `TrialStatus` objects as JSON.
    """

    name: str
    kind: str
    state: str
    display_name: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    create_time: str = ""
    end_time: str = ""
    trial_count: int = 0
    metric_id: str = ""
    goal: str = "MAXIMIZE"
    error: str = ""
    log_tail: list[str] = field(default_factory=list)
    trials: list[dict[str, Any]] = field(default_factory=list)

    @property
    def trial_list(self) -> list[TrialStatus]:
        """The trials, typed."""
        return [TrialStatus.from_json(trial) for trial in self.trials]

    @property
    def trials_done(self) -> int:
        """How many trials have ended, well or badly."""
        return sum(trial.state in _ENDED for trial in self.trial_list)

    def best(self) -> TrialStatus | None:
        """Return the best trial that succeeded or was stopped early, or None."""
        usable = [
            trial for trial in self.trial_list if trial.metric is not None and trial.state in ("SUCCEEDED", "STOPPED")
        ]
        sign = -1 if self.goal == "MINIMIZE" else 1
        return max(usable, key=lambda trial: sign * (trial.metric or 0.0), default=None)


@dataclass(frozen=True, kw_only=True)
class BuildStatus(_Status):
    """One Cloud Build build.

    Attributes:
        state: the build status, for example `WORKING`, `SUCCESS`, `FAILURE`.
        images: the image names that it makes.
        error: why it failed, in one sentence.
    """

    id: str
    state: str
    images: list[str] = field(default_factory=list)
    create_time: str = ""
    end_time: str = ""
    error: str = ""
    log_tail: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class EndpointStatus(_Status):
    """A model on an endpoint, or an endpoint without any.

    Attributes:
        name: the endpoint's resource name.
        model: `<id>@<version>`; empty where nothing is deployed.
        traffic: its share of the requests in percent.
        create_time: since when it is deployed, or the endpoint there; RFC 3339.
    """

    name: str
    model: str = ""
    traffic: int = 0
    create_time: str = ""
    end_time: str = ""


def render(snapshot: dict[str, Any], *, now: datetime | None = None) -> str:
    """Return the snapshot as aligned text: builds, jobs with their trials, endpoints, and one line that sums jobs up.

    Args:
        snapshot: the JSON of `GET /localgcp/status`.
        now: the end of what still runs; the time of the snapshot unless told.
    """
    now = now or (datetime.fromisoformat(snapshot["now"]) if "now" in snapshot else CLOCK.utc())
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
    """Return one line about jobs as JSON: how many are in which state, and how many trials have ended."""
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
        if trial.state in _BROKEN:
            lines.append(f"trial {trial.id} {trial.state}: {trial.reason or 'no reason was given'}")
            lines += _log(trial.log_tail)
        elif trial.state not in _ENDED and trial.metric is not None:
            at = "" if trial.step is None else f" at step {trial.step}"
            lines.append(f"trial {trial.id} {trial.state}: {job.metric_id} {trial.metric:.4f}{at}")
    return lines


def _details(item: JobStatus | BuildStatus) -> list[str]:
    # What follows the first line is the end of a log, which has its own place.
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
    """Drop colours and control characters: a trainer's log must not steer the terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f\x7f-\x9f]", "", line.expandtabs(4))


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
