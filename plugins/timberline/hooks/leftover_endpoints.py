"""Left-over endpoints: endpoints of single runs, and deployments that get no requests."""

from collections.abc import Iterator
from typing import Any

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, Sighting
from timberline.release.ids import PIPELINE_LABEL
from timberline.run.identity import RUN_LABEL
from timberline.run.transience import retried

_CALL_TIMEOUT_S = 60.0
_PAGE_SIZE = 100


class Endpoints:
    """Endpoints with the label of a run: they were made for the time of that run."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def sightings(self) -> list[Sighting]:
        """Return the endpoints. An endpoint is as young as its youngest deployment."""
        return [
            Sighting(
                name=each.name,
                newest_s=max(map(_touched_s, [each, *each.deployed_models])),
                run_key=each.labels[RUN_LABEL],
            )
            for each in list_endpoints(self._cloud, RUN_LABEL)
        ]

    def remove(self, leftover: Leftover) -> bool:
        """Delete an endpoint with its deployments."""
        return self._cloud.endpoints.delete_endpoint(leftover.name)


class Deployments:
    """Deployments without requests on the endpoints of pipelines: a release ended before it gave them requests."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def sightings(self) -> list[Sighting]:
        """Return all deployments. A deployment is as young as the last change of its endpoint, e.g. of its traffic."""
        return list(self._seen())

    def remove(self, leftover: Leftover) -> bool:
        """Undeploy a version, unless it gets requests by now."""
        endpoint, _, deployed_model = leftover.name.partition("/deployedModels/")
        found = self._cloud.endpoints.endpoint(endpoint)
        if found is None or found.split.get(deployed_model):
            return False
        return self._cloud.endpoints.undeploy(endpoint, deployed_model)

    def _seen(self) -> Iterator[Sighting]:
        for each in list_endpoints(self._cloud, PIPELINE_LABEL):
            for deployed in each.deployed_models:
                yield Sighting(
                    name=f"{each.name}/deployedModels/{deployed.id}",
                    newest_s=max(_touched_s(each), _touched_s(deployed)),
                    is_kept=each.traffic_split.get(deployed.id, 0) > 0,
                )


def list_endpoints(cloud: Cloud, label: str) -> list[Any]:
    """Return the endpoints that carry a label, with any value, as Google's messages."""
    page = {
        "parent": f"projects/{cloud.settings.project}/locations/{cloud.settings.region}",
        "filter": f"labels.{label}:*",
        "page_size": _PAGE_SIZE,
    }
    return retried(
        lambda: list(cloud.endpoints.client.list_endpoints(request=page, timeout=_CALL_TIMEOUT_S, retry=None)),
        "listing endpoints",
    )


def _touched_s(message: Any) -> float:
    """Return when an endpoint was last changed or a deployment was made, in seconds since the epoch."""
    times = (message.create_time, getattr(message, "update_time", None))
    return max((float(each.timestamp()) for each in times if each), default=0.0)
