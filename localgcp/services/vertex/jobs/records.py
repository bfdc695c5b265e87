"""Jobs and trials on disk, and the moves of their states."""

from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import JOB_MOVES, TRIAL_MOVES, JobState, TrialState, check_move, is_final
from localgcp.services.vertex.jobs.metric_file import Measurement

Job = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial, with what the API does not show.

    Attributes:
        values: the suggested values by parameter.
        metric: the value that counts; None until it has ended, and when it is infeasible.
        was_stopped: it was ended early by the stopping rule.
        attempts: how often it was started; more than once after restarts of the server.
    """

    id: str
    values: dict[str, float | str]
    state: TrialState = TrialState.REQUESTED
    metric: float | None = None
    measurements: tuple[Measurement, ...] = ()
    selected: int = -1
    start_time: str = ""
    end_time: str = ""
    infeasible_reason: str = ""
    was_stopped: bool = False
    attempts: int = 0
    cpu_s: float = 0.0
    log: str = ""

    @property
    def is_final(self) -> bool:
        """Tell whether it has ended."""
        return is_final(self.state, TRIAL_MOVES)

    def moved(self, state: TrialState, **changes: Any) -> Self:
        """Return the trial in its next state.

        Raises:
            IllegalMove: it cannot come next.
        """
        check_move(self.state, state, TRIAL_MOVES)
        return replace(self, state=state, **changes)

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        measurements = tuple(Measurement(**measurement) for measurement in raw["measurements"])
        return cls(**raw | {"state": TrialState(raw["state"]), "measurements": measurements})

    def to_api(self, metric_id: str) -> dict[str, Any]:
        """Return the google.cloud.aiplatform.v1.Trial; numbers are floats, as on Vertex AI."""
        found: dict[str, Any] = {
            "id": self.id,
            "state": self.state.value,
            "parameters": [{"parameterId": name, "value": value} for name, value in self.values.items()],
        }
        optional = {"startTime": self.start_time, "endTime": self.end_time, "infeasibleReason": self.infeasible_reason}
        found |= {name: value for name, value in optional.items() if value}
        if self.metric is not None:
            found["finalMeasurement"] = self.measurements[self.selected].to_json(metric_id)
        return found


@dataclass(kw_only=True)
class Records:
    """The stored jobs of both kinds, under their resource names.

    Attributes:
        on_move: called with the name of a job after each change of its state, while the lock is held.
    """

    state: State
    holds: Container[str] = ()
    on_move: Callable[[str], None] = lambda _name: None
    _trials_of: dict[str, dict[str, TrialRecord]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._jobs = self.state.collection("vertex.jobs")
        self._trials = self.state.collection("vertex.trials")
        for name in self._trials.names():
            job, _, trial_id = name.rpartition("/trials/")
            self._trials_of[job][trial_id] = TrialRecord.from_json(self._trials.get(name) or {})

    def job(self, name: str) -> Job:
        """Return a job without its trials.

        Raises:
            ApiError: 404.
        """
        found = self._jobs.get(name)
        if found is None:
            raise not_found(f"The {_kind(name)} {name} does not exist.")
        return found

    def job_state(self, name: str) -> JobState:
        """Return the state of a job."""
        return JobState(self.job(name)["state"])

    def jobs(self, prefix: str = "") -> list[Job]:
        """Return the jobs under a parent, oldest first."""
        return self._jobs.values(prefix)

    def trials(self, name: str) -> list[TrialRecord]:
        """Return the trials of a job in the order of their ids."""
        return list(self._trials_of.get(name, {}).values())

    def trial(self, name: str, trial_id: str) -> TrialRecord:
        """Return one trial of a job."""
        return self._trials_of[name][trial_id]

    def add_job(self, job: Job) -> None:
        """Store a new job."""
        self._jobs.put(job["name"], job)

    def put_trial(self, job_name: str, trial: TrialRecord) -> None:
        """Store a trial."""
        with self.state.lock:
            self._trials.put(f"{job_name}/trials/{trial.id}", trial.to_json())
            self._trials_of[job_name][trial.id] = trial

    def remove(self, name: str) -> None:
        """Delete a job and its trials."""
        with self.state.lock:
            self._jobs.delete(name)
            for trial_id in self._trials_of.pop(name, {}):
                self._trials.delete(f"{name}/trials/{trial_id}")

    def move_job(self, name: str, state: JobState, error: Mapping[str, Any] | None = None) -> None:
        """Bring a job into its next state, with the times that belong to it; one that is held stays as it is.

        Args:
            error: a google.rpc.Status.

        Raises:
            IllegalMove: the state cannot come next.
        """
        with self.state.lock:
            if name in self.holds:
                return
            check_move(self.job_state(name), state, JOB_MOVES)
            self.bring_job(name, state, error)

    def bring_job(self, name: str, state: JobState, error: Mapping[str, Any] | None = None) -> None:
        """Bring a job into any state, whatever it is in."""
        moved = self.job(name) | {"state": state.value, "updateTime": CLOCK.text()}
        if state is JobState.RUNNING:
            moved["startTime"] = moved["updateTime"]
        if is_final(state, JOB_MOVES):
            moved["endTime"] = moved["updateTime"]
        if error:
            moved["error"] = dict(error)
        self._jobs.put(name, moved)
        self.on_move(name)

    def end_trials(self, name: str) -> None:
        """Make the trials infeasible that have not ended with their job."""
        for trial in self.trials(name):
            if not trial.is_final:
                reason = "The trial was cancelled with its job."
                ended = trial.moved(TrialState.INFEASIBLE, end_time=CLOCK.text(), infeasible_reason=reason)
                self.put_trial(name, ended)


def _kind(name: str) -> str:
    return "HyperparameterTuningJob" if "/hyperparameterTuningJobs/" in name else "CustomJob"
