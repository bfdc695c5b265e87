"""What a job runs and for how long: Vertex AI's CustomJobSpec and HyperparameterTuningJob in typed form. Pure."""

import re
from dataclasses import dataclass

from timberline.run.errors import JobFileError
from timberline.spec.studyspec import StudySpec

_DURATION = re.compile(r"(\d+(\.\d{1,9})?)s")  # https://protobuf.dev/reference/protobuf/google.protobuf/#duration


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineSpec:
    """The machine of a worker."""

    machine_type: str
    accelerator_type: str | None = None
    accelerator_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskSpec:
    """The boot disk of a worker."""

    boot_disk_type: str | None = None
    boot_disk_size_gb: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvVar:
    """One environment variable of a container."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerSpec:
    """What a worker runs."""

    image_uri: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPoolSpec:
    """A number of equal workers."""

    machine_spec: MachineSpec
    container_spec: ContainerSpec
    replica_count: int = 1
    disk_spec: DiskSpec | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduling:
    """Limits of a job; durations as in `3600s`."""

    timeout: str | None = None
    restart_job_on_worker_restart: bool | None = None
    strategy: str | None = None
    disable_retries: bool | None = None
    max_wait_duration: str | None = None

    @property
    def timeout_s(self) -> float | None:
        """The timeout in seconds; None if it is not set, or not a duration above 0."""
        found = _DURATION.fullmatch(self.timeout or "")
        return float(found[1]) or None if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomJobSpec:
    """What a custom job, or each trial of a tuning job, runs."""

    worker_pool_specs: tuple[WorkerPoolSpec, ...]
    scheduling: Scheduling | None = None
    service_account: str | None = None
    network: str | None = None

    def __post_init__(self) -> None:
        """Check the worker pools.

        Raises:
            JobFileError: there is no worker pool, or a pool has no workers.
        """
        if not self.worker_pool_specs:
            raise JobFileError("workerPoolSpecs: expected at least one, found none")
        if any(pool.replica_count < 1 for pool in self.worker_pool_specs):
            raise JobFileError("workerPoolSpecs: expected a replicaCount of at least 1")

    @property
    def timeout_s(self) -> float | None:
        """After how many seconds Vertex AI ends the job; None if no timeout is set."""
        return self.scheduling.timeout_s if self.scheduling else None


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningSpec:
    """A tuning job without its names."""

    study_spec: StudySpec
    max_trial_count: int
    parallel_trial_count: int
    trial_job_spec: CustomJobSpec
    max_failed_trial_count: int = 0

    def __post_init__(self) -> None:
        """Check the counts.

        Raises:
            JobFileError: a count is impossible.
        """
        if self.max_trial_count < 1 or self.parallel_trial_count < 1 or self.max_failed_trial_count < 0:
            raise JobFileError(
                "expected maxTrialCount >= 1, parallelTrialCount >= 1 and maxFailedTrialCount >= 0, found "
                f"{self.max_trial_count}, {self.parallel_trial_count}, {self.max_failed_trial_count}"
            )
        if self.parallel_trial_count > self.max_trial_count:
            raise JobFileError(
                f"parallelTrialCount {self.parallel_trial_count} is above maxTrialCount {self.max_trial_count}"
            )
