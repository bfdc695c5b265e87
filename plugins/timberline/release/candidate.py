"""What the steps of a release hand to each other, and the names of what they make. Pure.

A model's version that a run trained is its challenger (alias `candidate`); the version that was promoted last is the
champion. The champion has an alias of its own beside `default`: Vertex AI gives `default` to the first version of a
model whatever anyone thinks of it.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity, label_value, short_hash, slug
from timberline.run.wording import did_you_mean

CANDIDATE_ALIAS = "candidate"
CHAMPION_ALIAS = "champion"
DEFAULT_ALIAS = "default"

PIPELINE_LABEL = "timberline-pipeline"
"""On what outlives a run: models and endpoints."""

# Ids of models and endpoints have at most 63 characters:
# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/create
_PLAIN_DAG_ID = re.compile(r"[a-z](_?[a-z0-9]){0,24}")
_SHORT_SEGMENT = re.compile(r"[a-z0-9]{1,11}")  # a hash has 12 characters
_DEPLOYED_ID_DIGITS = (
    10  # https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints#DeployedModel
)


class Serving(StrEnum):
    """Where a run serves the versions that pass the gate.

    ENDPOINT keeps one endpoint per segment; EPHEMERAL deploys, tests and tears down; NONE only registers and promotes.
    """

    ENDPOINT = "endpoint"
    EPHEMERAL = "ephemeral"
    NONE = "none"


def read_serving(text: str) -> Serving:
    """Return the serving that a parameter names.

    Raises:
        InputError: there is no such serving.
    """
    try:
        return Serving(text)
    except ValueError:
        raise InputError(f"serving: unknown value {text!r}; {did_you_mean(text, list(Serving))}") from None


def model_id(dag_id: str, segment: str) -> str:
    """Return the id of the model that all runs of a pipeline add their versions of a segment to."""
    return f"{_pipeline_part(dag_id)}-{_id_part(segment)}"


def endpoint_id(run: RunIdentity, segment: str, serving: Serving) -> str:
    """Return the id of the endpoint of a segment: the pipeline's own, or with EPHEMERAL the run's."""
    if serving is Serving.ENDPOINT:
        return model_id(run.dag_id, segment)
    return f"{run.run_key}-{_id_part(segment)}"


def deployed_model_id(run: RunIdentity, segment: str, version: str) -> str:
    """Return the id of a run's deployment: ten digits. A second try asks for the same one, and cannot deploy twice."""
    text = short_hash(run.run_key, segment, version)
    number = int.from_bytes(text.encode("ascii"), "big") % (9 * 10 ** (_DEPLOYED_ID_DIGITS - 1))
    return str(number + 10 ** (_DEPLOYED_ID_DIGITS - 1))


def pipeline_labels(dag_id: str) -> dict[str, str]:
    """Return the label of what belongs to a pipeline, and not to one of its runs."""
    return {PIPELINE_LABEL: label_value(dag_id)}


class _Message:
    """An XCom value: a frozen dataclass of texts, numbers and plain mappings."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the XCom value."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; keys that a later version adds are ignored."""
        return cls(**{field.name: value[field.name] for field in fields(cls) if field.name in value})  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate(_Message):
    """A registered version that a run has trained.

    Attributes:
        segment: which of the parallel models it is.
        model: `projects/.../locations/.../models/<id>`, without a version.
        version: the version's id.
        artifact_uri: the folder of its bundle.
        metrics: what the training measured on the test lot, by name, and `rows`.
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
class Deployment(_Message):
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
class SmokeResult(_Message):
    """What a deployed version answered to test rows.

    Attributes:
        segment: which of the parallel models it is.
        rows: how many were compared.
        max_abs_difference: the largest one between an answer and the trainer's own; None where there was no answer.
        problem: why the version cannot be trusted; None where it can.
        samples: a few rows: `label` (the true one), `probability` and `predicted`.
    """

    segment: str
    rows: int
    max_abs_difference: float | None
    problem: str | None
    samples: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome(_Message):
    """How the release of a segment ended.

    Attributes:
        segment: which of the parallel models it is.
        version: the version it was about.
        endpoint: where the version answers; None where it is not served.
    """

    segment: str
    version: str
    endpoint: str | None


def _id_part(segment: str) -> str:
    """Return a segment as it may stand at the end of an id; distinct segments stay distinct."""
    return segment if _SHORT_SEGMENT.fullmatch(segment) else short_hash(segment)


def _pipeline_part(dag_id: str) -> str:
    """Return a dag_id as it may begin an id; a hash keeps those apart that would look the same."""
    if _PLAIN_DAG_ID.fullmatch(dag_id):
        return dag_id.replace("_", "-").strip("-")
    return f"{slug(dag_id)}-{short_hash(dag_id)}"
