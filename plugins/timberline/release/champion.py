"""Whether the version in service answers on its endpoint, and what has to change if it does not. Pure."""

from dataclasses import dataclass

from timberline.release.endpoint_state import DeployedVersion, ServedEndpoint, short_id
from timberline.release.ids import deployed_model_id
from timberline.release.traffic import Split, promoted
from timberline.run.identity import RunIdentity


@dataclass(frozen=True, kw_only=True, slots=True)
class Champion:
    """A segment's version in service, as one run sees it.

    Attributes:
        run: the run that makes sure that the version answers.
        segment: which of the parallel models it is.
        model: `projects/.../locations/.../models/<id>`, without a version.
        version: the version's id.
        challenger: the version with the alias `candidate`; None if no version has this alias.
    """

    run: RunIdentity
    segment: str
    model: str
    version: str
    challenger: str | None = None

    def is_missing(self, served: ServedEndpoint | None) -> bool:
        """Tell whether the champion has to be deployed.

        Args:
            served: its endpoint; None if the endpoint does not exist.
        """
        return served is None or not (self._deployments(served) or self._is_being_replaced(served))

    def traffic(self, served: ServedEndpoint) -> Split:
        """Return the traffic split in which the champion answers: the present one if it answers already."""
        own = self._deployments(served)
        if not own or self._answers(served) or self._is_being_replaced(served):
            return dict(served.split)
        return promoted(served.split, own[0])

    def outdated(self, served: ServedEndpoint) -> list[str]:
        """Return the deployments of older versions, which have to leave an endpoint where the champion answers."""
        if not self._answers(served):
            return []
        return [each.id for each in self._of_model(served) if int(each.version) < int(self.version)]

    def _answers(self, served: ServedEndpoint) -> bool:
        return any(served.split.get(each) for each in self._deployments(served))

    def _is_being_replaced(self, served: ServedEndpoint) -> bool:
        """Tell whether another run's challenger answers requests: that run decides what comes next."""
        return any(
            each.version == self.challenger
            and served.split.get(each.id)
            and each.id != deployed_model_id(self.run, self.segment, each.version)
            for each in self._of_model(served)
        )

    def _deployments(self, served: ServedEndpoint) -> list[str]:
        return served.deployments_of(self.model, self.version)

    def _of_model(self, served: ServedEndpoint) -> list[DeployedVersion]:
        return [each for each in served.deployed if each.model == short_id(self.model)]
