"""Training pipelines over HTTP.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.trainingPipelines
"""

from localgcp.core.http.routing import Handler
from localgcp.services.vertex.job_routes import job_handlers
from localgcp.services.vertex.training_pipelines.store import PipelineStore


def handlers(store: PipelineStore) -> dict[str, Handler]:
    """Return the methods of training pipelines, for the service `aiplatform`."""
    pipelines = store.pipelines
    return job_handlers(pipelines, store.operations, create=store.create, cancel=store.cancel, delete=pipelines.delete)
