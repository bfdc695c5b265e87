"""Reads what a run left in the local cloud, and checks the rules that must hold after every failure."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1

from tests.local_cloud import LocalCloud

_GONE = {"JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"}
_FINISHED = {*_GONE, "JOB_STATE_SUCCEEDED"}


class CloudState:
    """The jobs, versions and endpoints of a local cloud."""

    def __init__(self, cloud: LocalCloud, region: str = "europe-west1") -> None:
        self._options: dict[str, Any] = {
            "transport": "rest",
            "client_options": {"api_endpoint": cloud.base_url},
            "credentials": AnonymousCredentials(),
        }
        self._parent = f"projects/{cloud.project}/locations/{region}"

    @cached_property
    def _jobs(self) -> aiplatform_v1.JobServiceClient:
        return aiplatform_v1.JobServiceClient(**self._options)

    @cached_property
    def _models(self) -> aiplatform_v1.ModelServiceClient:
        return aiplatform_v1.ModelServiceClient(**self._options)

    @cached_property
    def _endpoints(self) -> aiplatform_v1.EndpointServiceClient:
        return aiplatform_v1.EndpointServiceClient(**self._options)

    def jobs(self) -> list[Any]:
        """Return all custom and tuning jobs."""
        return [
            *self._jobs.list_custom_jobs(parent=self._parent),
            *self._jobs.list_hyperparameter_tuning_jobs(parent=self._parent),
        ]

    def versions(self) -> list[aiplatform_v1.Model]:
        """Return all versions of all models, aliases included."""
        models = self._models.list_models(parent=self._parent)
        return [version for model in models for version in self._models.list_model_versions(name=model.name)]

    def endpoints(self) -> list[aiplatform_v1.Endpoint]:
        """Return all endpoints."""
        return list(self._endpoints.list_endpoints(parent=self._parent))

    def champion(self) -> str:
        """Return the version of the one model that has the alias `champion`."""
        (found,) = [version.version_id for version in self.versions() if "champion" in version.version_aliases]
        return found

    def problems(self) -> list[str]:
        """Return one sentence for each violated rule; an empty list for a sound cloud."""
        return [*self._duplicates(), *self._orphans(), *self._unsound_traffic()]

    def _duplicates(self) -> Iterator[str]:
        jobs = Counter(_identity(job.labels) for job in self.jobs() if job.state.name not in _GONE)
        versions = Counter((version.name.partition("@")[0], *_identity(version.labels)) for version in self.versions())
        for kind, counted in {"job": jobs, "version": versions}.items():
            yield from (f"{count} {kind}s of {identity}" for identity, count in counted.items() if count > 1)

    def _orphans(self) -> Iterator[str]:
        yield from (f"job {job.name} has not ended" for job in self.jobs() if job.state.name not in _FINISHED)
        for endpoint in self.endpoints():
            if "timberline-run" in endpoint.labels:
                yield f"endpoint {endpoint.name} of a run that is over"
            idle = [each.id for each in endpoint.deployed_models if not endpoint.traffic_split.get(each.id)]
            if idle:
                yield f"{endpoint.name} keeps {idle} without traffic"

    def _unsound_traffic(self) -> Iterator[str]:
        promoted = {
            (version.name.partition("@")[0], version.version_id)
            for version in self.versions()
            if "champion" in version.version_aliases
        }
        for endpoint in self.endpoints():
            served = {
                each.id: (each.model.partition("@")[0], each.model_version_id) for each in endpoint.deployed_models
            }
            for deployed, share in endpoint.traffic_split.items():
                if share and served.get(deployed) not in promoted:
                    yield f"{endpoint.name} sends {share} % to {served.get(deployed)}, which was not promoted"


def _identity(labels: Any) -> tuple[str, ...]:
    return tuple(labels.get(f"timberline-{key}", "") for key in ("run", "step", "segment", "content"))
