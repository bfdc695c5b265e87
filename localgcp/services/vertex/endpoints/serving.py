"""All that serves models, wired together."""

from localgcp.core.http.context import Context
from localgcp.processes.images.store import ImageStore
from localgcp.processes.launcher import Workshop
from localgcp.services.vertex.endpoints.deployments import Deployments
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.prediction import Predictor
from localgcp.services.vertex.endpoints.records import Records
from localgcp.services.vertex.endpoints.store import EndpointStore
from localgcp.services.vertex.models.store import ModelStore


class Serving:
    """Endpoints, their models, and the predictions of those.

    Attributes:
        fleet: the processes that serve.
    """

    def __init__(self, context: Context, models: ModelStore, images: ImageStore, workshop: Workshop) -> None:
        records = Records(context.state)
        self.fleet = Fleet(workshop, images, context.state.folder("endpoints"), context.settings.model_ready_s)
        self.store = EndpointStore(context, records)
        self.deployments = Deployments(context, records, models, self.fleet)
        self.predictor = Predictor(records, self.fleet)

    def start(self) -> None:
        """Bring up what was deployed when the former server ended."""
        self.deployments.start()

    def stop(self) -> None:
        """End all model servers; they come back with the next server."""
        self.fleet.finish(self.deployments.stop())
