"""What a job file says about releasing: how a version is served, and what it has to reach before. Pure."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from timberline.evaluation.gate import Thresholds
from timberline.jobs.selection import MetricGoal
from timberline.run.errors import JobFileError


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingEnvVar:
    """One environment variable of a serving container."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingContainerSpec:
    """The container that answers predictions: fields of Vertex AI's ModelContainerSpec.

    See https://cloud.google.com/vertex-ai/docs/reference/rest/v1/ModelContainerSpec.
    """

    image_uri: str
    predict_route: str
    health_route: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[ServingEnvVar, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingMachineSpec:
    """The machine of a deployed model."""

    machine_type: str
    accelerator_type: str | None = None
    accelerator_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingSpec:
    """A deployed model: its container, and fields of Vertex AI's DedicatedResources."""

    container_spec: ServingContainerSpec
    machine_spec: ServingMachineSpec
    min_replica_count: int = 1
    max_replica_count: int = 1

    def __post_init__(self) -> None:
        """Check the counts.

        Raises:
            JobFileError: they are impossible.
        """
        if not 1 <= self.min_replica_count <= self.max_replica_count:
            raise JobFileError(
                "expected 1 <= minReplicaCount <= maxReplicaCount, found "
                f"{self.min_replica_count}, {self.max_replica_count}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentGate:
    """Thresholds of one segment; what is not given is as for all."""

    floor: float | None = None
    min_gain: float | None = None
    min_relative_gain: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSpec:
    """Thresholds of a pipeline's models, and those of single segments that win over them."""

    floor: float | None = None
    min_gain: float = 0.0
    min_relative_gain: float | None = None
    segments: Mapping[str, SegmentGate] = dataclasses.field(default_factory=dict)

    def thresholds(
        self, segment: str, metric: str, goal: MetricGoal, *, floor: float | None = None, min_gain: float | None = None
    ) -> Thresholds:
        """Return what a segment's challenger has to reach.

        Args:
            segment: the segment.
            metric: the study's metric.
            goal: its better direction.
            floor, min_gain: the run's own values, which win over the file's.
        """
        own = self.segments.get(segment, SegmentGate())
        return Thresholds(
            metric=metric,
            goal=goal,
            floor=_first(floor, own.floor, self.floor),
            min_gain=_first(min_gain, own.min_gain, self.min_gain) or 0.0,
            min_relative_gain=_first(own.min_relative_gain, self.min_relative_gain),
        )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
