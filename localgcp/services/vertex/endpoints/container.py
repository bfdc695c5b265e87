"""The command line and the environment of a model's container, as Vertex AI sets them for predictions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from localgcp.processes.images.resources import Environment

_REFERENCE = re.compile(r"\$\$|\$\((?P<name>[^()]*)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingPlace:
    """The deployed model that a container serves.

    Attributes:
        endpoint_id, deployed_model_id: their ids; a batch prediction job uses its own id for both.
        project: the id of the project, because localgcp has no project numbers.
        storage_uri: the folder of the model's artifacts; empty if the model has none.
        machine_type, accelerator_type: those of the deployment.
    """

    endpoint_id: str
    deployed_model_id: str
    project: str
    storage_uri: str = ""
    machine_type: str = ""
    accelerator_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A ModelContainerSpec for one deployed model.

    Attributes:
        env: the variables of the spec, in its order.
        predict_route, health_route: the routes, with defaults if the spec has none.
        timeout_s: how long the container may take to become healthy; None if the spec has no limit.
    """

    image_uri: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    predict_route: str
    health_route: str
    timeout_s: float | None
    place: ServingPlace

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], place: ServingPlace) -> Self:
        """Read a ModelContainerSpec."""
        default = f"/v1/endpoints/{place.endpoint_id}/deployedModels/{place.deployed_model_id}"
        timeout = raw.get("deploymentTimeout", "")
        return cls(
            image_uri=raw["imageUri"],
            command=tuple(raw.get("command", ())),
            args=tuple(raw.get("args", ())),
            env=tuple((entry["name"], entry.get("value", "")) for entry in raw.get("env", ())),
            predict_route=raw.get("predictRoute") or f"{default}:predict",
            health_route=raw.get("healthRoute") or default,
            timeout_s=float(timeout.removesuffix("s")) if timeout else None,
            place=place,
        )

    def variables(self, port: int) -> dict[str, str]:
        """Return the variables of Vertex AI and those of the spec, which may refer to other variables.

        See https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements#aip-variables.
        """
        found = self._aip_variables(port)
        for name, value in self.env:
            found[name] = expand(value, found)
        return found

    def argv(self, environment: Environment, variables: Mapping[str, str]) -> tuple[str, ...]:
        """Return the command line: as in Kubernetes, `command` replaces ENTRYPOINT and drops CMD, `args` replace CMD.

        Args:
            variables: the variables that command and args may refer to as `$(NAME)`.
        """
        startup = environment.startup
        command = [expand(part, variables) for part in self.command]
        args = [expand(part, variables) for part in self.args]
        if not command and not args:
            args = list(startup.cmd)
        return (*(command or startup.entrypoint), *args)

    def _aip_variables(self, port: int) -> dict[str, str]:
        place = self.place
        found = {
            "AIP_MODE": "PREDICTION",
            "AIP_MODE_VERSION": "1.0.0",
            "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
            "AIP_HTTP_PORT": str(port),
            "AIP_HEALTH_ROUTE": self.health_route,
            "AIP_PREDICT_ROUTE": self.predict_route,
            "AIP_STORAGE_URI": place.storage_uri,
            "AIP_PROJECT_NUMBER": place.project,
            "AIP_ENDPOINT_ID": place.endpoint_id,
            "AIP_DEPLOYED_MODEL_ID": place.deployed_model_id,
            # The names of the ids in AI Platform.
            "AIP_MODEL_NAME": place.endpoint_id,
            "AIP_VERSION_NAME": place.deployed_model_id,
            "AIP_MACHINE_TYPE": place.machine_type,
        }
        return found | ({"AIP_ACCELERATOR_TYPE": place.accelerator_type} if place.accelerator_type else {})


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by a variable; an unknown name stays as it is, and `$$` becomes `$`."""

    def value(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else variables.get(found["name"], found[0])

    return _REFERENCE.sub(value, text)
