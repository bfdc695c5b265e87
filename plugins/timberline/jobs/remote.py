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
    """A remote job of a run: what a submit task hands to the tasks after it.

    Attributes:
        kind: which collection it is in.
        name: `projects/.../locations/.../<kind>/<number>`.
        run_key: the run it belongs to.
        step: the step it belongs to, e.g. `tune`.
        segment: which of the parallel models it trains.
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
    """The tuning side of a job.

    Attributes:
        metric: the metric that trials are compared by.
        goal: its better direction.
        max_trials: how many trials the job may make.
        trials: those it has made, in no order.
        declared: the parameters by id.
    """

    metric: str
    goal: MetricGoal
    max_trials: int
    trials: tuple[Trial, ...]
    declared: Mapping[str, DeclaredParameter]

    def counts(self) -> dict[str, int]:
        """Return how many trials there are, and how many of them ended how."""
        by_state = Counter(trial.state for trial in self.trials)
        return {"total": len(self.trials), "succeeded": by_state["SUCCEEDED"], "infeasible": by_state["INFEASIBLE"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStatus:
    """What the service says about a job.

    Attributes:
        ref: the job.
        state: where it stands.
        error: the service's message; empty where there is none.
        created_s, started_s, ended_s: seconds since the epoch; None for what has not happened.
        study: its trials; None for a job without any.
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
        """Why the job's result cannot be used; None while it may still become usable, and when it is."""
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
        """How long the job ran, waiting for machines left out; None while it runs."""
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
