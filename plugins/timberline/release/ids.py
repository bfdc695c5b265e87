"""Ids, aliases and labels of models, endpoints and deployments. Pure.

The version that a run trained is the challenger (alias `candidate`); the version that was promoted last is the
champion. The champion has an alias of its own beside `default`, because Vertex AI gives `default` to the first version
of every model.
"""

import re
from enum import StrEnum

from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity, label_value, short_hash, slug
from timberline.run.wording import did_you_mean

CHALLENGER_ALIAS = "candidate"
CHAMPION_ALIAS = "champion"
DEFAULT_ALIAS = "default"

PIPELINE_LABEL = "timberline-pipeline"
"""The label of resources that outlive a run: models and endpoints."""

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
        InputError: it is another text.
    """
    try:
        return Serving(text)
    except ValueError:
        raise InputError(f"serving: unknown value {text!r}; {did_you_mean(text, list(Serving))}") from None


def model_id(dag_id: str, segment: str) -> str:
    """Return the id of the model that all runs of a pipeline add their versions of a segment to."""
    return f"{_pipeline_part(dag_id)}-{_id_part(segment)}"


def endpoint_id(run: RunIdentity, segment: str, serving: Serving) -> str:
    """Return the id of a segment's endpoint, which belongs to the pipeline, or to the run with EPHEMERAL serving."""
    if serving is Serving.ENDPOINT:
        return model_id(run.dag_id, segment)
    return f"{run.run_key}-{_id_part(segment)}"


def deployed_model_id(run: RunIdentity, segment: str, version: str) -> str:
    """Return the id of a run's deployment: ten digits. A second try has the same id, so it cannot deploy twice."""
    text = short_hash(run.run_key, segment, version)
    number = int.from_bytes(text.encode("ascii"), "big") % (9 * 10 ** (_DEPLOYED_ID_DIGITS - 1))
    return str(number + 10 ** (_DEPLOYED_ID_DIGITS - 1))


def pipeline_labels(dag_id: str) -> dict[str, str]:
    """Return the label of resources that belong to a pipeline and not to one of its runs."""
    return {PIPELINE_LABEL: label_value(dag_id)}


def _id_part(segment: str) -> str:
    """Return the form of a segment at the end of an id; distinct segments have distinct forms."""
    return segment if _SHORT_SEGMENT.fullmatch(segment) else short_hash(segment)


def _pipeline_part(dag_id: str) -> str:
    """Return the form of a dag_id at the beginning of an id; a hash tells similar dag_ids apart."""
    if _PLAIN_DAG_ID.fullmatch(dag_id):
        return dag_id.replace("_", "-").strip("-")
    return f"{slug(dag_id)}-{short_hash(dag_id)}"
