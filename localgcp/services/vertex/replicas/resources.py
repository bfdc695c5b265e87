"""The specification of a job, typed: google.cloud.aiplatform.v1.CustomJobSpec, read from JSON."""

from dataclasses import dataclass
from typing import Any, Self

_WEEK_S = 7 * 86400.0  # https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec#Scheduling


def seconds(duration: str) -> float:
    """Return the seconds of a protobuf duration such as `3.5s`."""
    return float(duration.removesuffix("s"))


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonPackage:
    """Source distributions that are installed into an image, and the module that is run.

    Attributes:
        uris: `gs://` URIs.
    """

    uris: tuple[str, ...]
    module: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPool:
    """Replicas that run the same program.

    Attributes:
        image_uri: the container, or the executor of a Python package.
        command, args: what replaces the image's ENTRYPOINT and CMD.
        number: its position among the pools of the job, empty pools included.
    """

    replica_count: int
    image_uri: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: dict[str, str]
    package: PythonPackage | None = None
    number: int = 0

    @property
    def slots(self) -> int:
        """The CPU slots of one replica: the threads that its variables ask for, one by default."""
        threads = self.env.get("OMP_NUM_THREADS", "1")
        return max(1, int(threads)) if threads.isdigit() else 1

    @classmethod
    def from_json(cls, raw: dict[str, Any], number: int) -> Self:
        """Read a WorkerPoolSpec."""
        package = raw.get("pythonPackageSpec")
        container = raw.get("containerSpec") or package or {}
        return cls(
            replica_count=int(raw.get("replicaCount", 1)),
            image_uri=container.get("imageUri") or container.get("executorImageUri", ""),
            command=tuple(container.get("command", ())),
            args=tuple(container.get("args", ())),
            env={entry["name"]: entry.get("value", "") for entry in container.get("env", ())},
            package=PythonPackage(uris=tuple(package["packageUris"]), module=package["pythonModule"])
            if package
            else None,
            number=number,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSpec:
    """The program of a custom job, or of each trial of a tuning job.

    Attributes:
        pools: the pools with replicas; the first replica of the first pool is the primary one.
        base_output_uri: `gs://...` without a slash at the end, or empty.
        timeout_s: how long the job or trial may run, in seconds.
        restarts: all replicas are started again after a signal has killed one.
    """

    pools: tuple[WorkerPool, ...]
    base_output_uri: str
    timeout_s: float
    restarts: bool = False

    @property
    def slots(self) -> int:
        """The CPU slots of all replicas together."""
        return sum(pool.slots * pool.replica_count for pool in self.pools)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read a CustomJobSpec that has been validated."""
        # An empty pool keeps the numbers of the pools behind it: https://cloud.google.com/vertex-ai/docs/training/distributed-training
        pools = [WorkerPool.from_json(pool, number) for number, pool in enumerate(raw["workerPoolSpecs"]) if pool]
        scheduling = raw.get("scheduling", {})
        return cls(
            pools=tuple(pools),
            base_output_uri=raw.get("baseOutputDirectory", {}).get("outputUriPrefix", "").rstrip("/"),
            timeout_s=seconds(scheduling.get("timeout", f"{_WEEK_S}s")),
            restarts="restartJobOnWorkerRestart" in scheduling and "disableRetries" not in scheduling,
        )
