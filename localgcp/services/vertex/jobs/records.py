"""Custom jobs and tuning jobs on disk."""

from collections.abc import Container, Mapping

from localgcp.core.state.state import State
from localgcp.processes.jobs.records import JobRecords
from localgcp.services.vertex.jobs.kinds import COLLECTIONS
from localgcp.services.vertex.tuning.trials import TrialRecords

_MESSAGES: Mapping[str, str] = {collection: kind.value for kind, collection in COLLECTIONS.items()}


class TrainingJobRecords(JobRecords):
    """The stored jobs of both kinds.

    Attributes:
        trials: the trials of the tuning jobs.
    """

    def __init__(self, state: State, holds: Container[str] = ()) -> None:
        super().__init__(state, "vertex.jobs", _MESSAGES, holds)
        self.trials = TrialRecords(state)

    def remove(self, name: str) -> None:
        """Delete a job and its trials."""
        with self.lock:
            super().remove(name)
            self.trials.remove(name)
