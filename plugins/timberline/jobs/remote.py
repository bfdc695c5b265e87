"""Remote jobs as the rest of the package sees them: the reference to a job, and its status. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from timberline.jobs.selection import DeclaredParameter, Trial, best_trial
from timberline.jobs.states import JobState
from timberline.run.errors import NoUsableTrial
from timberline.run.identity import SEGMENT_LABEL, label_value
from timberline.spec.metric import MetricGoal


class JobKind(StrEnum):
    """The kinds of remote job, each named as its service names the collection. The values are a wire format."""

    TUNING = "hyperparameterTuningJobs"
    CUSTOM = "customJobs"
    BATCH = "batchPredictionJobs"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRef:
    """The reference to a remote job of a run, which a submit task returns.

    Attributes:
        kind: the kind of job.
        name: the resource name, e.g. `projects/.../locations/.../<kind>/<number>`.
        run_key: the run that the job belongs to; empty for a job of no run.
        step: the step that the job belongs to, e.g. `tune`.
        segment: the parallel model that the job works for.
    """

    kind: JobKind
    name: str
    run_key: str
    step: str
    segment: str

    def to_json(self) -> dict[str, str]:
        """Return the XCom value."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "JobRef":
        """Read what `to_json` wrote; keys that a later version adds are ignored."""
        fields = {name: value[name] for name in ("name", "run_key", "step", "segment")}
        return cls(kind=JobKind(value["kind"]), **fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """The study of a tuning job.

    Attributes:
        metric: the metric by which trials are compared.
        goal: the better direction of the metric.
        max_trials: the largest number of trials.
        trials: the trials so far, unsorted.
        declared: the declared parameters by id.
    """

    metric: str
    goal: MetricGoal
    max_trials: int
    trials: tuple[Trial, ...]
    declared: Mapping[str, DeclaredParameter]

    def counts(self) -> dict[str, int]:
        """Return the numbers of all, succeeded and infeasible trials."""
        by_state = Counter(trial.state for trial in self.trials)
        return {"total": len(self.trials), "succeeded": by_state["SUCCEEDED"], "infeasible": by_state["INFEASIBLE"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStatus:
    """The status of a job, as its service reports it.

    Attributes:
        ref: the job.
        state: the state of the job.
        error: the error message of the service; may be empty.
        created_s, started_s, ended_s: seconds since the epoch; None until it happens.
        study: the study of a tuning job; None for other kinds.
        labels: the labels that the job carries.
        images: the container images that the job runs.
    """

    ref: JobRef
    state: JobState
    error: str = ""
    created_s: float | None = None
    started_s: float | None = None
    ended_s: float | None = None
    study: Study | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()

    @property
    def problem(self) -> str | None:
        """Why the job's result cannot be used; None for a usable result and while the job has not ended."""
        if not self.state.is_final:
            return None
        if not self.state.is_success:
            return f"{self.ref.name} is {self.state}" + (f": {self.error}" if self.error else "")
        if self.study is None:
            return None
        try:
            best_trial(self.study.trials, self.study.goal, job=self.ref.name)
        except NoUsableTrial as error:
            return str(error)
        return None

    @property
    def seconds(self) -> float | None:
        """How many seconds the job ran, without the wait for machines; None until the job has ended."""
        if self.started_s is None or self.ended_s is None:
            return None
        return max(0.0, self.ended_s - self.started_s)


def latest_attempts(statuses: Iterable[JobStatus], segments: Iterable[str]) -> dict[str, JobStatus]:
    """Return the job of each segment that was created last; a segment without a job is left out.

    Args:
        statuses: jobs of one run and step, found by their labels.
        segments: the segments of the run.
    """
    latest: dict[str, JobStatus] = {}
    for status in sorted(statuses, key=lambda status: status.created_s or 0.0):
        latest[status.labels.get(SEGMENT_LABEL, "")] = status
    return {segment: latest[label_value(segment)] for segment in segments if label_value(segment) in latest}
