"""Define the place of one process in a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a replica does; the value is TensorFlow's name of the task."""

    CHIEF = "chief"
    WORKER = "worker"
    PARAMETER_SERVER = "ps"
    EVALUATOR = "evaluator"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a replica listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterPlace:
    """The place of this process in the cluster of its job.

    The chief and the workers train together: they are the `trainers`, ranked from 0. Parameter servers and evaluators
    are not among them. A process without a cluster is the chief of a world of size 1.
    """

    role: Role = Role.CHIEF
    index: int = 0
    """The number of this replica among those of its role, from 0."""
    addresses: Mapping[Role, tuple[Address, ...]] = field(default_factory=dict)
    """The replicas of each role, in order; empty without a cluster."""
    trial: str | None = None
    """The tuning trial; None in other jobs."""
    environment: str | None = None
    """Where the job runs: `cloud` on Google Cloud."""
    job: Mapping[str, object] = field(default_factory=dict)
    """The specification of the job, as the service gives it."""

    @property
    def trainers(self) -> tuple[Address, ...]:
        """The chief, then the workers, in the order of their ranks; empty without a cluster."""
        return (*self.addresses.get(Role.CHIEF, ()), *self.addresses.get(Role.WORKER, ()))

    @property
    def world_size(self) -> int:
        """The number of processes that train together, at least 1."""
        return max(1, len(self.trainers))

    @property
    def rank(self) -> int | None:
        """The number of this process among the trainers, from 0; None for a parameter server and an evaluator."""
        if self.role is Role.CHIEF:
            return 0
        if self.role is Role.WORKER:
            return len(self.addresses.get(Role.CHIEF, ())) + self.index
        return None

    @property
    def is_chief(self) -> bool:
        """Whether this process has rank 0: the one that saves the model and reports."""
        return self.rank == 0

    @property
    def address(self) -> Address | None:
        """Where this replica listens; None where the cluster does not list it."""
        replicas = self.addresses.get(self.role, ())
        return replicas[self.index] if self.index < len(replicas) else None

    @property
    def chief_address(self) -> Address | None:
        """Where the process of rank 0 listens; None without a cluster."""
        return self.trainers[0] if self.trainers else None
