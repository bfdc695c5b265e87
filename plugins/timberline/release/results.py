"""The results that the steps of a release pass to each other as XComs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.run.xcom import XComValue


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenger(XComValue):
    """A registered version that a run has trained.

    Attributes:
        segment: which of the parallel models it is.
        model: `projects/.../locations/.../models/<id>`, without a version.
        version: the version's id.
        artifact_uri: the folder of the model artefact.
        metrics: its metrics on the test split by key, and `rows`.
    """

    segment: str
    model: str
    version: str
    artifact_uri: str
    metrics: Mapping[str, float | int | None]

    @property
    def name(self) -> str:
        """The version's resource name."""
        return f"{self.model}@{self.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment(XComValue):
    """A version on an endpoint.

    Attributes:
        segment: which of the parallel models it is.
        endpoint: `projects/.../locations/.../endpoints/<id>`.
        deployed_model: the id of the deployment on the endpoint.
        version: the model's version.
        percent: its share of the requests until it is promoted.
    """

    segment: str
    endpoint: str
    deployed_model: str
    version: str
    percent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SmokeResult(XComValue):
    """What a deployed version answered to test rows.

    Attributes:
        segment: which of the parallel models it is.
        rows: how many were compared.
        max_abs_difference: the largest difference from the trainer's own predictions; None without an answer.
        problem: why the version must not be promoted; None if it may be.
        samples: a few rows: `label` (the true one), `probability` and `predicted`.
    """

    segment: str
    rows: int
    max_abs_difference: float | None
    problem: str | None
    samples: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome(XComValue):
    """How the release of a segment ended.

    Attributes:
        segment: which of the parallel models it is.
        version: the version.
        endpoint: where the version answers; None if it is not served.
    """

    segment: str
    version: str
    endpoint: str | None
