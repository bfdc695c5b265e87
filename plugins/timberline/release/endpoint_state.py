"""The state of an endpoint: its deployments and their shares of the requests. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedVersion:
    """A model's version on an endpoint.

    Attributes:
        id: the deployment's id on the endpoint.
        model: the model's id.
        version: the version's id.
    """

    id: str
    model: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedEndpoint:
    """An endpoint at one moment.

    Attributes:
        name: `projects/.../locations/.../endpoints/<id>`.
        etag: the state's version; the service refuses a change that is based on an older state.
        deployed: the deployed versions.
        split: percent of the requests by deployment id.
        labels: the endpoint's labels.
    """

    name: str
    etag: str
    deployed: tuple[DeployedVersion, ...] = ()
    split: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def has(self, deployed_model: str) -> bool:
        """Tell whether the endpoint has a deployment."""
        return any(each.id == deployed_model for each in self.deployed)

    def deployments_of(self, model: str, version: str | None) -> list[str]:
        """Return the ids of the deployments of a model's version.

        Args:
            model: the model's resource name or id.
            version: the version's id; None for no version, which has no deployments.
        """
        wanted = (short_id(model), version)
        return [each.id for each in self.deployed if (each.model, each.version) == wanted]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an endpoint answered to a prediction request.

    Attributes:
        deployed_model: the id of the deployment that answered.
        predictions: one per instance, as the container gave them.
    """

    deployed_model: str
    predictions: tuple[object, ...]


def short_id(name: str) -> str:
    """Return the id at the end of a resource name, without a version."""
    return name.rpartition("/")[2].partition("@")[0]
