"""What a job file says about a release: how a version is served, and what it must reach first. Pure."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from timberline.run.errors import JobFileError
from timberline.spec.metric import Metric, MetricGoal


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
class Thresholds:
    """The thresholds of a challenger; None for a threshold that is not set.

    Attributes:
        floor: the worst value that passes, also without a version in service.
        min_gain: how much better than the champion the challenger must be, in the metric's unit. 0 lets an equal
            challenger pass, a negative number a slightly worse one.
        min_relative_gain: the same as a fraction of the champion's value. Both gains must be reached.
    """

    floor: float | None = None
    min_gain: float | None = None
    min_relative_gain: float | None = None

    def over(self, others: "Thresholds") -> "Thresholds":
        """Return these thresholds; `others` has the values of those that are not set here."""
        own, other = dataclasses.astuple(self), dataclasses.astuple(others)
        first = (mine if mine is not None else theirs for mine, theirs in zip(own, other, strict=True))
        return Thresholds(**dict(zip((field.name for field in dataclasses.fields(Thresholds)), first, strict=True)))


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSpec(Thresholds):
    """The gate of a pipeline's models.

    Attributes:
        metric: the metric that is compared, as the trainer reports it; None for the tuning study's.
        goal: its better direction; None for the tuning study's.
        segments: thresholds of single segments, which win over those of all.
    """

    metric: str | None = None
    goal: MetricGoal | None = None
    segments: Mapping[str, Thresholds] = dataclasses.field(default_factory=dict)

    def thresholds(self, segment: str, run: Thresholds) -> Thresholds:
        """Return what a segment's challenger must reach.

        Args:
            segment: the segment.
            run: the run's own thresholds, which win over the file's.
        """
        of_all = Thresholds(floor=self.floor, min_gain=self.min_gain, min_relative_gain=self.min_relative_gain)
        return run.over(self.segments.get(segment, Thresholds())).over(of_all)

    def check(self, study: Metric | None) -> None:
        """Check metric and goal against the tuning study.

        Args:
            study: the study's metric; None for a file without tuning.

        Raises:
            JobFileError: only one of metric and goal is set and the study does not have the other, or the goal is not
                the study's goal of the same metric.
        """
        if self.metric is not None or self.goal is not None:
            self.chosen_metric(study)

    def chosen_metric(self, study: Metric | None) -> Metric:
        """Return the metric that is compared.

        Args:
            study: the study's metric; None for a file without tuning.

        Raises:
            JobFileError: as in `check`, or there is neither a metric nor a study.
        """
        name = self.metric or (study.name if study else None)
        if name is None:
            raise JobFileError(
                "gate.metric: expected the metric that the gate compares, found none; add metric and goal"
            )
        of_study = study.goal if study and study.name == name else None
        goal = self.goal or of_study
        if goal is None:
            raise JobFileError(f"gate.goal: expected MAXIMIZE or MINIMIZE for the metric {name}, found none; add it")
        if of_study not in (None, goal):
            raise JobFileError(f"gate.goal: expected {of_study}, as in the tuning study of {name}, found {goal}")
        return Metric(name=name, goal=goal)
