"""Connects the parts that serve models."""

from localgcp.core.http.context import Context
from localgcp.processes.images.store import ImageStore
from localgcp.processes.launcher import ProcessLauncher
from localgcp.services.vertex.endpoints.deployments import Deployments
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.prediction import Predictor
from localgcp.services.vertex.endpoints.records import EndpointRecords
from localgcp.services.vertex.endpoints.store import EndpointStore
from localgcp.services.vertex.models.store import ModelStore


class Serving:
    """Endpoints, deployments and predictions.

    Attributes:
        launcher: starts the model servers.
        fleet: the model servers that run.
    """

    def __init__(self, context: Context, models: ModelStore, images: ImageStore, launcher: ProcessLauncher) -> None:
        records = EndpointRecords(context.state)
        self.launcher = launcher
        self.fleet = Fleet(launcher, images, context.state.folder("endpoints"), context.settings.model_ready_s)
        self.store = EndpointStore(context, records)
        self.deployments = Deployments(context, records, models, self.fleet, launcher)
        self.predictor = Predictor(records, self.fleet)

    def start(self) -> None:
        """Start the models that were deployed when the earlier server ended."""
        self.deployments.start()

    def stop(self) -> None:
        """End all model servers; the next server starts them again."""
        self.launcher.wait_for(self.deployments.stop())
