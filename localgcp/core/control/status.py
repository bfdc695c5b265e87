"""The state of the services: the snapshot that `GET /localgcp/status` returns.

The snapshot holds `jobs`, `builds` and `endpoints`, lists of these dataclasses in camelCase JSON, and `now`, the time
of the server. Each service fills its list: a store's `status()` returns `[JobStatus(...).to_json(), ...]`.
"""

import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

ENDED_TRIALS = frozenset({"SUCCEEDED", "INFEASIBLE", "STOPPED"})


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
        metric: the final value, or the value reported last while the trial runs; None before the first report.
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
        create_time, end_time: RFC 3339; empty before the job was created or has ended.
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
        """The number of trials that have ended, successful or not."""
        return sum(trial.state in ENDED_TRIALS for trial in self.trial_list)

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
    """A model on an endpoint, or an endpoint without a model.

    Attributes:
        name: the endpoint's resource name.
        model: `<id>@<version>`; empty if no model is deployed.
        traffic: its share of the requests in percent.
        create_time: when the model was deployed, or the endpoint created; RFC 3339.
    """

    name: str
    model: str = ""
    traffic: int = 0
    create_time: str = ""
    end_time: str = ""


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
