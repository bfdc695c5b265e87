"""Which logs the replicas of the jobs have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.tuning.trials import TrialRecord


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log of one replica; it may not exist yet.

    Attributes:
        job_id: the last part of the job's name.
        trial_id: empty for a custom job.
        task: `workerpool0-0` and so on.
        folder: where it is.
    """

    job_id: str
    trial_id: str
    task: str
    folder: str

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.folder, f"{self.task}.log")


def log_sources(job: Job, trials: Sequence[TrialRecord], folder: Path) -> Iterator[LogSource]:
    """Yield the logs of a job, of each trial for a tuning job.

    Args:
        folder: where the logs of all jobs are.
    """
    job_id = job["name"].rpartition("/")[2]
    pools = (job.get("jobSpec") or job["trialJobSpec"])["workerPoolSpecs"]
    tasks = [
        f"workerpool{number}-{index}"
        for number, pool in enumerate(pools)
        for index in range(int(pool.get("replicaCount", 1)) if pool else 0)
    ]
    # There may be ten thousand jobs, of which one is asked for: texts are made sooner than paths.
    place = f"{folder}/{job_id}"
    places = [("", place)] if "jobSpec" in job else [(trial.id, f"{place}/trial-{trial.id}") for trial in trials]
    for trial_id, where in places:
        for task in tasks:
            yield LogSource(job_id, trial_id, task, where)
