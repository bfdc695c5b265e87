"""The services of a deployment: one object that builds each hook when a step first needs it."""

from dataclasses import replace
from functools import cached_property

from timberline.hooks.bigquery import BigQueryHook
from timberline.hooks.builds import BuildsHook
from timberline.hooks.endpoints import EndpointsHook
from timberline.hooks.models import ModelsHook
from timberline.hooks.predictions import PredictionsHook
from timberline.hooks.remote_jobs import remote_jobs
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.interface import RemoteJobs
from timberline.run.services import Connection
from timberline.run.settings import Settings


class Cloud:
    """The services that steps call, in the deployment's project and region.

    A hook connects when its first method is called, so that building a `Cloud` calls nothing.
    """

    def __init__(self, settings: Settings, connection: Connection) -> None:
        """Args: settings: where the deployment lives; connection: who calls."""
        self.settings = settings
        self.connection = connection

    def at(self, region: str | None) -> "Cloud":
        """Return the services of another region; this object where `region` is None or the deployment's own."""
        if not region or region == self.settings.region:
            return self
        return Cloud(replace(self.settings, region=region), self.connection)

    @cached_property
    def bigquery(self) -> BigQueryHook:
        """Tables and queries; queries run in the region."""
        return BigQueryHook(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def builds(self) -> BuildsHook:
        """Images of trainers: Cloud Build and Artifact Registry."""
        return BuildsHook(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def endpoints(self) -> EndpointsHook:
        """Vertex AI endpoints and what is deployed on them."""
        return EndpointsHook(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def jobs(self) -> RemoteJobs:
        """Jobs, whichever service runs them."""
        return remote_jobs(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def models(self) -> ModelsHook:
        """The Vertex AI model registry."""
        return ModelsHook(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def predictions(self) -> PredictionsHook:
        """Online predictions of endpoints."""
        return PredictionsHook(self.settings.region, self.connection)

    @cached_property
    def storage(self) -> StorageHook:
        """Objects in Cloud Storage."""
        return StorageHook(self.settings.project, self.settings.region, self.connection)

    @cached_property
    def vertex_jobs(self) -> VertexJobsHook:
        """Vertex AI jobs, for callers that need more than `jobs` offers."""
        return VertexJobsHook(self.settings.project, self.settings.region, self.connection)
