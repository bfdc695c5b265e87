"""The highest cost of a run, known before it submits anything. Pure.

The bound is machine time: every job runs as long as its timeout allows, on all its workers. It does not include disks,
queries, storage, the build of the image, deployed models, and jobs that a person repeats by clearing their tasks.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from timberline.run.errors import InputError
from timberline.spec.jobfile import JobFile
from timberline.spec.jobspecs import CustomJobSpec, MachineSpec, TuningSpec
from timberline.spec.prices import Prices

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """Equal jobs that a run submits per segment.

    Attributes:
        name: what the cost statement calls them.
        count: how many there are, e.g. the trials of a tuning job.
        spec: what each of them runs.
    """

    name: str
    count: int
    spec: CustomJobSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCost:
    """The highest cost of equal jobs for one segment.

    Attributes:
        name: what the cost statement calls them.
        count: how many there are, e.g. the trials of a tuning job.
        hours: how long each may take.
        machines: the machines of each, in words.
        usd_per_hour: the price of these machines.
    """

    name: str
    count: int
    hours: float
    machines: str
    usd_per_hour: float

    @property
    def usd(self) -> float:
        """The highest cost of all of them."""
        return self.count * self.hours * self.usd_per_hour

    @property
    def time(self) -> str:
        """The time in words, e.g. `6 trials x 1 h`."""
        return f"{self.name} x {self.hours:g} h" if self.count > 1 else f"{self.name} {self.hours:g} h"

    @property
    def place(self) -> str:
        """The machines in words, with their price."""
        return f"{self.machines} at {_short(self.usd_per_hour)} USD/h"


@dataclass(frozen=True, kw_only=True, slots=True)
class CostBound:
    """The highest cost of a run.

    Attributes:
        segments: the number of models.
        jobs: the jobs of each model.
        region: the region that has the prices.
    """

    segments: int
    jobs: tuple[JobCost, ...]
    region: str

    @property
    def usd(self) -> float:
        """The bound, rounded up to a cent."""
        # Rounded first, so that 0.1 + 0.2 costs as much as 0.3.
        return math.ceil(round(self.segments * sum(job.usd for job in self.jobs) * 100, 9)) / 100

    @property
    def terms(self) -> str:
        """How the bound is made up, e.g. `7 x (6 trials x 1 h + retraining 1 h) on n1-standard-4 at 0.219 USD/h`."""
        places = {job.place for job in self.jobs}
        if len(places) == 1:
            terms = f"({' + '.join(job.time for job in self.jobs)}) on {places.pop()}"
        else:
            terms = f"({' + '.join(f'{job.time} on {job.place}' for job in self.jobs)})"
        return f"{self.segments} x {terms}, prices of {self.region}"

    @property
    def statement(self) -> str:
        """One line for logs and reports."""
        return f"at most {self.usd:.2f} USD of machine time: {self.terms}"


def planned_jobs(job_file: JobFile, tuning: TuningSpec | None) -> tuple[PlannedJob, ...]:
    """Return the jobs that a run submits per segment.

    Args:
        job_file: the jobs.
        tuning: the tuning job with the run's own counts; None for a run without tuning.
    """
    jobs = []
    if tuning:
        trials = tuning.max_trial_count
        jobs.append(PlannedJob("1 trial" if trials == 1 else f"{trials} trials", trials, tuning.trial_job_spec))
    if job_file.training:
        jobs.append(PlannedJob("retraining" if tuning else "training", 1, job_file.training))
    if job_file.scoring:
        jobs.append(PlannedJob("scoring", 1, job_file.scoring))
    return tuple(jobs)


def cost_bound(segments: int, jobs: Iterable[PlannedJob], prices: Prices) -> CostBound:
    """Return what a run may cost at most.

    Args:
        segments: the number of models.
        jobs: the jobs of each model.
        prices: the prices.

    Raises:
        InputError: the price of a machine is not known.
    """
    costs = tuple(_cost(job.name, job.count, job.spec, prices) for job in jobs)
    return CostBound(segments=segments, jobs=costs, region=prices.region)


def check_cost(bound: CostBound, max_cost_usd: float | None) -> None:
    """Check that a run stays within its limit.

    Args:
        bound: the highest cost of the run.
        max_cost_usd: the limit; None for no limit.

    Raises:
        InputError: the limit is not above 0, or the run may cost more.
    """
    if max_cost_usd is None:
        return
    if not (math.isfinite(max_cost_usd) and max_cost_usd > 0):
        raise InputError(f"max_cost_usd: expected an amount above 0, or none for no limit, found {max_cost_usd:g}")
    if bound.usd > max_cost_usd:
        raise InputError(
            f"max_cost_usd: expected at most {max_cost_usd:.2f} USD of machine time, found up to {bound.usd:.2f}: "
            f"{bound.terms}. Nothing was submitted: give fewer segments or trials, shorten the timeouts or take "
            "smaller machines in the job file, or raise max_cost_usd"
        )


def _cost(name: str, count: int, spec: CustomJobSpec, prices: Prices) -> JobCost:
    pools = spec.worker_pool_specs
    return JobCost(
        name=name,
        count=count,
        hours=(spec.timeout_s or math.inf) / _HOUR_S,
        machines=" + ".join(_machines(pool.replica_count, pool.machine_spec) for pool in pools),
        usd_per_hour=sum(pool.replica_count * prices.usd_per_hour(pool.machine_spec) for pool in pools),
    )


def _machines(count: int, machine: MachineSpec) -> str:
    words = machine.machine_type
    if machine.accelerator_type:
        words += f" with {machine.accelerator_count or 1} {machine.accelerator_type}"
    return words if count == 1 else f"{count} {words}"


def _short(usd: float) -> str:
    return f"{usd:.3f}".rstrip("0").rstrip(".")
