"""AI Platform versions: setting the default version, and deleting a version."""

from collections.abc import Sequence
from typing import Any

from timberline.ai_platform.operators.base import MLEngineOperator
from timberline.ai_platform.operators.found_version import existing_version, find_version
from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS, DEFAULT_ALIAS
from timberline.release.traffic import promoted
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity


class MLEngineSetDefaultVersionOperator(MLEngineOperator):
    """Gives a v1 version all requests of its model.

    Args:
        model_name, version_name: (templated) v1's names.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "model_name", "version_name")

    def __init__(self, *, model_name: str, version_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_name = model_name
        self.version_name = version_name

    def work(self, run: RunIdentity) -> None:  # noqa: ARG002  a version belongs to no run
        """Set the default version.

        Raises:
            InputError: the version does not exist, or is not deployed.
            ServiceUnavailable: the service did not answer.
        """
        self.check_place()
        found = existing_version(self.cloud, self.model_name, self.version_name)
        deployed = found.deployments()
        if not deployed:
            raise InputError(
                f"version_name {self.version_name}: {found.version.name} is not deployed on {found.endpoint}; create "
                "the version again"
            )
        found.cloud.endpoints.set_traffic(found.endpoint, lambda now: promoted(now.split, deployed[0]))
        found.cloud.models.move_aliases(
            found.version.model, found.version.version, [CHAMPION_ALIAS, DEFAULT_ALIAS, f"-{CHALLENGER_ALIAS}"]
        )
        self.log.info("%s answers for %s", found.version.name, self.model_name)


class MLEngineDeleteVersionOperator(MLEngineOperator):
    """Undeploys a v1 version and deletes it, if it exists.

    Args:
        model_name, version_name: (templated) v1's names. As on AI Platform, the default version is deleted last.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "model_name", "version_name")

    def __init__(self, *, model_name: str, version_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_name = model_name
        self.version_name = version_name

    def work(self, run: RunIdentity) -> None:  # noqa: ARG002  a version belongs to no run
        """Delete the version.

        Raises:
            InputError: the version is the default version, and other versions exist.
            ServiceUnavailable: the service did not answer.
        """
        self.check_place()
        found = find_version(self.cloud, self.model_name, self.version_name)
        if found is None:
            return
        versions = found.cloud.models.versions(found.version.model)
        if len(versions) > 1 and (found.version.is_champion or DEFAULT_ALIAS in found.version.aliases):
            raise InputError(
                f"version_name {self.version_name}: it is the default version of {self.model_name}, which has "
                f"{len(versions) - 1} more; make another one the default first"
            )
        for each in found.deployments():
            found.cloud.endpoints.undeploy(found.endpoint, each)
        if len(versions) > 1:
            found.cloud.models.delete_version(found.version)
        else:  # Vertex AI deletes the last version only with its model; the endpoint remains as v1's empty model
            found.cloud.models.delete_model(found.version.model)
