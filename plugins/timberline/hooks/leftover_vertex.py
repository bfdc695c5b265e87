"""Left-overs of Vertex AI: jobs that have not ended, endpoints of single runs, deployments without requests."""

from collections.abc import Iterator
from typing import Any

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, Sighting, see_job
from timberline.jobs.states import vertex_state
from timberline.release.ids import PIPELINE_LABEL
from timberline.run.identity import RUN_LABEL
from timberline.run.transience import retried

_CALL_TIMEOUT_S = 60.0
_PAGE_SIZE = 100
_JOB_NOUNS = {
    "customJobs": "custom_job",
    "hyperparameterTuningJobs": "hyperparameter_tuning_job",
    "batchPredictionJobs": "batch_prediction_job",
}


class Jobs:
    """Jobs that carry the label of a run."""

    def __init__(self, cloud: Cloud) -> None:
        self._parent = f"projects/{cloud.settings.project}/locations/{cloud.settings.region}"
        self._client = cloud.jobs.client

    def sightings(self) -> list[Sighting]:
        """Return all jobs of runs: those that have ended show when their run was at work."""
        return [
            see_job(
                name=job.name,
                run_key=job.labels[RUN_LABEL],
                state=vertex_state(job.state.name),
                made_s=job.create_time.timestamp(),
                ended_s=job.end_time.timestamp() if job.end_time else None,
            )
            for noun in _JOB_NOUNS.values()
            for job in self._list(noun)
        ]

    def remove(self, leftover: Leftover) -> bool:
        """Cancel a job; one that has ended by itself, or is ending, is left alone."""
        from google.api_core.exceptions import BadRequest, NotFound

        cancel = getattr(self._client, f"cancel_{_JOB_NOUNS[leftover.name.split('/')[-2]]}")
        try:
            retried(lambda: cancel(name=leftover.name, timeout=_CALL_TIMEOUT_S, retry=None), leftover.name)
        except (NotFound, BadRequest):  # FailedPrecondition is a BadRequest
            return False
        return True

    def _list(self, noun: str) -> list[Any]:
        call = getattr(self._client, f"list_{noun}s")
        page = {"parent": self._parent, "filter": f"labels.{RUN_LABEL}:*", "page_size": _PAGE_SIZE}
        return retried(lambda: list(call(request=page, timeout=_CALL_TIMEOUT_S, retry=None)), f"listing {noun}s")


class Endpoints:
    """Endpoints that carry the label of a run: each was made for the time of that run."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def sightings(self) -> list[Sighting]:
        """Return them; a deployment makes an endpoint as young as it is itself."""
        return [
            Sighting(
                name=each.name,
                newest_s=max(map(_touched_s, [each, *each.deployed_models])),
                run_key=each.labels[RUN_LABEL],
            )
            for each in list_endpoints(self._cloud, RUN_LABEL)
        ]

    def remove(self, leftover: Leftover) -> bool:
        """Delete an endpoint with what is deployed on it."""
        return self._cloud.endpoints.delete_endpoint(leftover.name)


class Deployments:
    """Versions on the endpoints of pipelines that get no requests: what a release that died had not given any yet."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def sightings(self) -> list[Sighting]:
        """Return all deployments; one is as young as the last change of its endpoint, which may be of its share."""
        return list(self._seen())

    def remove(self, leftover: Leftover) -> bool:
        """Undeploy a version, unless it was given requests meanwhile."""
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
    """Return the endpoints that carry a label, as Google's messages."""
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
    """Return when an endpoint or a deployment was made or changed; of a deployment there is no time of change."""
    times = (message.create_time, getattr(message, "update_time", None))
    return max((float(each.timestamp()) for each in times if each), default=0.0)
