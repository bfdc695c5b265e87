"""Finds the Vertex AI version of an AI Platform version by its names."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from timberline.ai_platform.serving.resource_names import check_name, resource_id, version_alias
from timberline.release.versions import Version
from timberline.run.errors import InputError

if TYPE_CHECKING:
    from timberline.hooks.cloud import Cloud


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundVersion:
    """A version and its endpoint.

    Attributes:
        version: the version of the Vertex AI model.
        endpoint: the resource name of the endpoint that represents the v1 model.
        cloud: the services.
    """

    version: Version
    endpoint: str
    cloud: "Cloud"

    def deployments(self) -> list[str]:
        """Return the ids of the version's deployments on the endpoint."""
        served = self.cloud.endpoints.endpoint(self.endpoint)
        return served.deployments_of(self.version.model, self.version.version) if served is not None else []


def find_version(cloud: "Cloud", model_name: str, version_name: str | None) -> FoundVersion | None:
    """Return a version by its v1 names, or None if the version or its model does not exist.

    Args:
        cloud: the services to ask.
        model_name: v1's name of the model.
        version_name: v1's name of the version; None for the default one.

    Raises:
        AiPlatformError: a name is invalid.
        ServiceUnavailable: the service did not answer.
    """
    model_id = resource_id(check_name(model_name, "model_name"))
    model = cloud.models.model_name(model_id)
    if version_name is None:
        version = cloud.models.champion(model)
    else:
        version = cloud.models.version(model, version_alias(check_name(version_name, "version_name")))
    if version is None:
        return None
    return FoundVersion(version=version, endpoint=cloud.endpoints.endpoint_name(model_id), cloud=cloud)


def existing_version(cloud: "Cloud", model_name: str, version_name: str | None) -> FoundVersion:
    """Return a version by its v1 names, as `find_version` does.

    Raises:
        InputError: the version does not exist.
    """
    found = find_version(cloud, model_name, version_name)
    if found is None:
        wanted = "a default version" if version_name is None else f"the version {version_name!r}"
        raise InputError(f"model_name {model_name}: expected {wanted}, found none; create it first")
    return found
