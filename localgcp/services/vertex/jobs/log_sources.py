"""The logs of the replicas of jobs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.tuning.trials import TrialRecord


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log of one replica; its file may not exist yet.

    Attributes:
        job_id: the last part of the job's name.
        trial_id: the id of the trial; empty for a custom job.
        task: the name of the replica, such as `workerpool0-0`.
        folder: the folder of the log.
    """

    job_id: str
    trial_id: str
    task: str
    folder: str

    @property
    def path(self) -> Path:
        """The file of the log."""
        return Path(self.folder, f"{self.task}.log")


def log_sources(job: Job, trials: Sequence[TrialRecord], folder: Path) -> Iterator[LogSource]:
    """Yield the logs of a custom job, or of all trials of a tuning job.

    Args:
        folder: the folder for the logs of all jobs.
    """
    job_id = job["name"].rpartition("/")[2]
    pools = (job.get("jobSpec") or job["trialJobSpec"])["workerPoolSpecs"]
    tasks = [
        f"workerpool{number}-{index}"
        for number, pool in enumerate(pools)
        for index in range(int(pool.get("replicaCount", 1)) if pool else 0)
    ]
    # A query may read one of ten thousand jobs; strings are cheaper than Path objects.
    place = f"{folder}/{job_id}"
    places = [("", place)] if "jobSpec" in job else [(trial.id, f"{place}/trial-{trial.id}") for trial in trials]
    for trial_id, where in places:
        for task in tasks:
            yield LogSource(job_id, trial_id, task, where)
