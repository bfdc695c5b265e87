"""The trials of tuning jobs on disk."""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.core.state.states import TRIAL_MOVES, TrialState, check_move, is_final
from localgcp.services.vertex.tuning.metric_file import Measurement


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial, with what the API does not show.

    Attributes:
        values: the suggested values by parameter.
        metric: the value that counts; None until the trial has ended, and if it is infeasible.
        selected: the position of that value in `measurements`.
        was_stopped: the stopping rule ended the trial early.
        attempts: how often the trial was started; more than once after restarts of the server.
        cpu_s: CPU time of all its replicas in seconds.
        log: the log of its primary replica.
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
        """Return whether the trial has ended."""
        return is_final(self.state, TRIAL_MOVES)

    def moved(self, state: TrialState, **changes: Any) -> Self:
        """Return the trial in its next state.

        Raises:
            IllegalMove: the state cannot follow the present one.
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


class TrialRecords:
    """The stored trials by job and id."""

    def __init__(self, state: State) -> None:
        self._lock = state.lock
        self._stored = state.collection("vertex.trials")
        self._of_job: dict[str, dict[str, TrialRecord]] = defaultdict(dict)
        for name, trial in self._stored.records(TrialRecord.from_json).items():
            self._of_job[name.rpartition("/trials/")[0]][trial.id] = trial

    def trials(self, job: str) -> list[TrialRecord]:
        """Return the trials of a job in the order of their ids."""
        return list(self._of_job.get(job, {}).values())

    def trial(self, job: str, trial_id: str) -> TrialRecord:
        """Return one trial of a job."""
        return self._of_job[job][trial_id]

    def put(self, job: str, trial: TrialRecord) -> None:
        """Store a trial."""
        with self._lock:
            self._stored.put(f"{job}/trials/{trial.id}", trial.to_json())
            self._of_job[job][trial.id] = trial

    def remove(self, job: str) -> None:
        """Delete the trials of a job."""
        with self._lock:
            for trial_id in self._of_job.pop(job, {}):
                self._stored.delete(f"{job}/trials/{trial_id}")

    def end(self, job: str) -> None:
        """Mark the unfinished trials of a job that has ended as infeasible."""
        for trial in self.trials(job):
            if not trial.is_final:
                reason = "The trial was cancelled with its job."
                self.put(job, trial.moved(TrialState.INFEASIBLE, end_time=CLOCK.text(), infeasible_reason=reason))
